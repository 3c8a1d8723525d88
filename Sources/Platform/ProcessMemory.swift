// autointerp
// `ProcessMemory` reads how much memory this process uses now and used at most.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The resident memory of this process as Linux counts it (`/proc/self/status`), or 0 if that cannot be read.
package enum ProcessMemory {
  package static func residentBytes() -> Int64 { bytes(of: "VmRSS:") }

  /// The largest value since the process started or since the last `resetPeak`.
  package static func peakBytes() -> Int64 { bytes(of: "VmHWM:") }

  /// Starts the peak again. If the system does not permit it, the peak stays that of the whole process.
  package static func resetPeak() {
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, "5", 1)
    close(descriptor)
  }

  private static func bytes(of key: String) -> Int64 {
    let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 8192)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return 0 }
    let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
    let fields = lines.first { $0.hasPrefix(key) }?.split { $0 == " " || $0 == "\t" } ?? []
    return fields.count > 1 ? (Int64(fields[1]) ?? 0) * 1024 : 0
  }
}
