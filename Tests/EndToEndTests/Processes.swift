// autointerp
// `Processes` finds the processes of this machine in /proc and waits for their end.
// SPDX-License-Identifier: Apache-2.0

import Foundation

enum Processes {
  static func children(of parent: pid_t) -> [pid_t] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { pid_t($0) }.filter { self.parent(of: $0) == parent }.sorted()
  }

  /// Nil if there is no such process.
  private static func parent(of process: pid_t) -> pid_t? {
    // `pid (name) state parent …`. The name may contain blanks and parentheses.
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 1 ? pid_t(fields[1]) : nil
  }

  /// Blocks until a process that is not our child has ended.
  static func waitForEnd(of process: pid_t) throws {
    let tail = try Process.run(
      URL(fileURLWithPath: "/usr/bin/tail"), arguments: ["--pid=\(process)", "--sleep-interval=0.1", "-f", "/dev/null"])
    tail.waitUntilExit()
  }
}
