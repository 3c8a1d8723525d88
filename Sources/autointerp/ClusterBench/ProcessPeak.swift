// autointerp
// The memory of this process, now and at its most.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Resident memory as Linux counts it, with a peak that can be begun anew.
enum ProcessPeak {
  static var residentBytes: Int { kilobytes("VmRSS:") * 1024 }

  /// The most since the start or the last `reset`.
  static var peakBytes: Int { kilobytes("VmHWM:") * 1024 }

  /// Where it is not permitted the peak is that of the whole life.
  static func reset() {
    let file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = write(file, "5", 1)
    close(file)
  }

  private static func kilobytes(_ key: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
    return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }
}
