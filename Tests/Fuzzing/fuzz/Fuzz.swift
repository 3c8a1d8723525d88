// autointerp
// `Fuzz` runs libFuzzer on one decoder; scripts/fuzz builds and runs it.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import Foundation

/// `fuzz DECODER [ARGUMENTS OF LIBFUZZER]` fuzzes a decoder, `fuzz --list` lists the decoders, and `fuzz --seeds
/// DECODER FOLDER` writes inputs to start with.
@main enum Fuzz {
  /// A static, because the function that libFuzzer calls cannot capture anything.
  nonisolated(unsafe) private static var decoder = Decoder.all[0]

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch (arguments.first, arguments.count) {
    case ("--list", 1):
      for decoder in Decoder.all { print(decoder.name) }
    case ("--seeds", 3):
      for (number, seed) in named(arguments[1]).seeds().enumerated() {
        try Data(seed).write(to: URL(filePath: arguments[2]).appending(path: "seed-\(number)"))
      }
    case (let name?, _):
      decoder = named(name)
      try run()
    default:
      fail("name a decoder (--list prints their names)")
    }
  }

  private static func run() throws {
    // Pass libFuzzer the arguments from the decoder's name on. It starts this program again for some of its modes.
    var argc = CommandLine.argc - 1
    var argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
    argv?[0] = CommandLine.unsafeArgv[0]
    exit(
      LLVMFuzzerRunDriver(&argc, &argv) { data, count in
        Fuzz.decoder.decode(Array(UnsafeBufferPointer(start: data, count: count)))
        return 0
      })
  }

  private static func named(_ name: String) -> Decoder {
    guard let decoder = Decoder.all.first(where: { $0.name == name }) else {
      fail("there is no decoder \(name) (--list prints the names)")
    }
    return decoder
  }

  private static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("fuzz: \(message)\n".utf8))
    exit(64)
  }
}
