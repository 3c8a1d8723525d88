// autointerp
// `ProgressDisplay` shows the progress of a run on standard error.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

/// Shows progress on standard error: on a terminal one line that is redrawn, elsewhere one line per tenth of the run.
package actor ProgressDisplay {
  private var lines: ProgressLines

  /// Chooses the style that fits standard error.
  package init(isQuiet: Bool) {
    lines = ProgressLines(style: isQuiet ? .silent : Terminal.drawsOnStandardError ? .drawn : .lines)
  }

  package func update(_ run: RunStatus, workers: [WorkerStatus]) {
    lines.width = Terminal.widthOfStandardError
    StandardError.write(lines.update(run, workers: workers))
  }

  /// Shows the problems that are new, and says which are over. A quiet display shows them too.
  package func tell(problems: [String]) { StandardError.write(lines.tell(problems: problems)) }

  /// Shows a message above the progress.
  package func tell(_ message: String) { StandardError.write(lines.tell(message)) }

  /// Leaves the cursor on an empty line.
  package func endLine() { StandardError.write(lines.endLine()) }
}
