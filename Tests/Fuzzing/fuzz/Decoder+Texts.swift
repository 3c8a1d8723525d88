// autointerp
// `Decoder.texts` lists the decoders of prompt files and of the allow-list for fuzzing.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import ClusterTransport
import Corpora

extension Decoder {
  static var texts: [Decoder] {
    [
      prompts("yaml", ["sequences:\n- prompt: The heart\n  answer_prefix: ' pumps'\nmetadata: {answer_prefix: x}\n"]),
      prompts("json", [#"{"metadata":{"answer_prefix":" a"},"prompts":[{"prompt":"p","is_domain":false},"q"]}"#]),
      prompts(
        "jsonl", ["{\"prompt\":\"p\",\"answer_prefix\":\"\"}\n{\"text\":\"A first sentence of some length. B.\"}\n"]),
      prompts("txt", ["One and one is\n\nThe capital of France is\r\n"]),
      Decoder("allow-list", file: "allowed", { _ = try AllowList(contentsOf: $0) }) {
        [Array("# them\nworker rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7 a\nclient not-a-key\n".utf8)]
      },
      Decoder("status-json", { _ = try StatusJSON.decode(FleetStatus.self, from: $0) }) {
        [(try? StatusJSON.encode(Samples.status)) ?? []]
      },
    ]
  }

  private static func prompts(_ format: String, _ seeds: [String]) -> Decoder {
    Decoder(
      "prompts-\(format)", file: "prompts.\(format)",
      { path in
        for group in [CorpusGroup.domain, .baseline] { _ = try? PromptFile(path: path, group: group) }
      }
    ) { seeds.map { Array($0.utf8) } }
  }
}
