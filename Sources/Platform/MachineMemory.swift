// autointerp
// `MachineMemory` says how much memory this process may use.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

package enum MachineMemory {
  /// The machine's memory, or less if a control group (systemd's `MemoryMax`, a container) gives this process less.
  package static var limitBytes: Int64 {
    let machine = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
    return min(machine, controlGroupLimit ?? .max)
  }

  /// The smallest `memory.max` from this process's control group (version 2) to the root.
  private static var controlGroupLimit: Int64? {
    guard let line = text("/proc/self/cgroup")?.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
      return nil
    }
    var (group, limit) = (line.dropFirst(3), Int64?.none)
    while true {
      if let value = text("/sys/fs/cgroup\(group == "/" ? "" : group)/memory.max").flatMap({ number($0) }) {
        limit = min(limit ?? .max, value)
      }
      guard let slash = group.lastIndex(of: "/"), group.count > 1 else { return limit }
      group = slash == group.startIndex ? "/" : group[..<slash]
    }
  }

  private static func number(_ text: String) -> Int64? { Int64(text.prefix { $0.isNumber }) }

  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
