// autointerp
// `ComputeKernel` makes this process compute with a certain OpenBLAS kernel.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Inference

/// OpenBLAS chooses its kernels, which determine a result's last bits, while the program is loaded. To choose
/// differently, the program restarts itself with `OPENBLAS_CORETYPE` set.
package enum ComputeKernel {
  private static let variable = "OPENBLAS_CORETYPE"

  /// Makes sure that this process computes with `kernel`. Empty means `OPENBLAS_CORETYPE` if it is set, otherwise
  /// `preferred`.
  ///
  /// Returns only in a process that has the kernel.
  /// - Throws: `ValidationError` if this OpenBLAS has no such kernel, or if the program cannot restart.
  package static func settle(_ kernel: String) throws {
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

  /// The kernel that `settle` gives a process started by this one.
  package static func expected(_ kernel: String) -> String {
    let set = ProcessInfo.processInfo.environment[variable] ?? ""
    if !kernel.isEmpty { return kernel }
    return set.isEmpty ? preferred(to: OpenBLASBackend.kernelName, vendor: vendor()) : OpenBLASBackend.kernelName
  }

  /// Returns the kernel to use if OpenBLAS would choose `chosen`.
  ///
  /// On AMD processors OpenBLAS chooses its Zen kernels or, since Zen 4, those for Intel's AVX-512 servers. Its Haswell
  /// kernels run on all of them, give the same bits on every generation, are faster in products of weights with a
  /// prompt's few rows (OpenBLAS 0.3.21, Zen 4, 40 rows: 82 GFLOP/s against 79 and 67), and are not slower in large
  /// products.
  static func preferred(to chosen: String, vendor: String) -> String {
    let replaced = ["zen", "skylakex", "cooperlake", "sapphirerapids"]
    return vendor == "AuthenticAMD" && replaced.contains(chosen.lowercased()) ? "Haswell" : chosen
  }

  /// The processor's maker as the kernel reports it; empty if unknown.
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
