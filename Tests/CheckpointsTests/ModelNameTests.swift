// autointerp
// `ModelNameTests` tests that a model gets the name that people use for it, from its file, folder or metadata.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Checkpoints

@Suite struct ModelNameTests {
  @Test(arguments: [
    (
      "/m/SmolLM2-135M-Instruct.Q4_1.gguf", "Smollm2 135M 8k Lc100K Mix1 Ep2", "smollm2" as String?,
      "SmolLM2-135M-Instruct"
    ),
    ("Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf", "Meta Llama 3.1 8B Instruct", nil, "Meta-Llama-3.1-8B-Instruct"),
    ("Qwen3-0.6B-BF16-00001-of-00002.gguf", "Qwen3 0.6B", "Qwen3", "Qwen3-0.6B"),
    ("tinyllama-1.1b-chat-v1.0.f16.GGUF", "TinyLlama 1.1B", "TinyLlama", "tinyllama-1.1b-chat-v1.0"),
    ("/m/model.gguf", "Some Model", nil, "Some Model"), ("/m/ggml-model-q4_0.gguf", "LLaMA v2", nil, "LLaMA v2"),
    ("/m/model.q8_0.gguf", "", nil, "model"), ("q4_0.gguf", "???", "", "???"),
  ])
  func aGGUFFileHasTheNameThatPeopleGaveIt(path: String, name: String, base: String?, expected: String) {
    #expect(ModelName.gguf(path: path, name: name, baseName: base) == expected)
  }

  @Test func aGGUFFileWithoutMetadataIsCalledByItsFile() {
    #expect(ModelName.gguf(path: "/m/Llama-2-7B.IQ2_XS.gguf", name: nil, baseName: nil) == "Llama-2-7B")
  }

  @Test(arguments: [
    ("/m/SmolLM2-135M", "SmolLM2-135M"), ("/m/SmolLM2-135M/", "SmolLM2-135M"),
    ("/m/SmolLM2-135M/model.safetensors", "SmolLM2-135M"), ("/m/Q/model.safetensors.index.json", "Q"),
    ("/m/other.safetensors", "other.safetensors"), ("model.safetensors", "model.safetensors"),
    ("/hub/models--HuggingFaceTB--SmolLM2-135M/snapshots/0a1b2c", "SmolLM2-135M"),
    ("/hub/models--HuggingFaceTB--SmolLM2-135M/snapshots/0a1b2c/model.safetensors", "SmolLM2-135M"),
  ])
  func aHuggingFaceModelIsCalledByItsFolder(path: String, expected: String) {
    #expect(ModelName.safetensors(path: path) == expected)
  }
}
