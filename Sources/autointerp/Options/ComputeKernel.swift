// autointerp
// Which of OpenBLAS's kernels this process computes with.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Inference

/// OpenBLAS chooses its kernels, which decide a result's last bits, while the program is loaded. To choose for it, the
/// program starts itself once more with `OPENBLAS_CORETYPE` set.
enum ComputeKernel {
  private static let variable = "OPENBLAS_CORETYPE"

  /// Makes sure that this process computes with `kernel`; empty takes `OPENBLAS_CORETYPE` if it is set, else `preferred`.
  ///
  /// Returns only in a process that has the kernel.
  /// - Throws: `ValidationError` when this OpenBLAS has no such kernel, or the program cannot be started again.
  static func settle(_ kernel: String) throws {
    let set = ProcessInfo.processInfo.environment[variable] ?? ""
    if kernel.isEmpty {
      let chosen = OpenBLASBackend.kernelName
      let preferred = preferred(to: chosen, vendor: vendor())
      if set.isEmpty && preferred != chosen { try restart(with: preferred) }
    } else if set.caseInsensitiveCompare(kernel) != .orderedSame {
      try restart(with: kernel)
    } else if OpenBLASBackend.kernelName.caseInsensitiveCompare(kernel) != .orderedSame {
      throw ValidationError("OpenBLAS has no kernel '\(kernel)' here; it chose \(OpenBLASBackend.kernelName).")
    }
  }

  /// The kernel to use where OpenBLAS would take `chosen`.
  ///
  /// On AMD processors OpenBLAS takes its Zen kernels or, since Zen 4, those for Intel's AVX-512 servers. Its Haswell
  /// kernels run on all of them, give the same bits on every generation, and are faster in products of weights with a
  /// prompt's few rows (OpenBLAS 0.3.21, Zen 4, 40 rows: 82 GFLOP/s against 79 and 67) and no slower in large ones.
  static func preferred(to chosen: String, vendor: String) -> String {
    let replaced = ["zen", "skylakex", "cooperlake", "sapphirerapids"]
    return vendor == "AuthenticAMD" && replaced.contains(chosen.lowercased()) ? "Haswell" : chosen
  }

  /// The processor's maker as the kernel names it; empty when it does not.
  private static func vendor() -> String {
    guard let processors = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return "" }
    let line = processors.split(separator: "\n").first { $0.hasPrefix("vendor_id") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
  }

  private static func restart(with kernel: String) throws {
    setenv(variable, kernel, 1)
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    throw ValidationError("Cannot start again with \(variable)=\(kernel): \(String(cString: strerror(errno))).")
  }
}
