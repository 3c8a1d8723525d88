// autointerp
// `Dashboard` builds the status port's pages from the web files in `Sources/DashboardFiles/web`. They load nothing else.
// SPDX-License-Identifier: Apache-2.0

internal import DashboardFiles

/// The dashboard, the page that explores runs, and the sign-in page. Each is the same for everybody: data reaches it only as
/// JSON, and enters the document only as text (`textContent`), never as markup.
enum Dashboard {
  /// The page, whose style and script carry the `nonce` that the answer's Content-Security-Policy allows.
  static func page(nonce: String) -> String { dashboard.joined(separator: nonce) }

  /// The page that explores runs. Its data comes from `/api/v1` alone.
  static func atlasPage(nonce: String) -> String { atlas.joined(separator: nonce) }

  /// What a browser without the token gets.
  static func signInPage(nonce: String) -> String { signIn.joined(separator: nonce) }

  /// The pages, split where a nonce goes.
  private static let dashboard = inlined("dashboard.html")
  private static let atlas = inlined("atlas.html")
  private static let signIn = inlined("sign-in.html")

  /// A page with its style sheets in one `<style>` and its scripts in one `<script>`, which has a scope of its own.
  private static func inlined(_ name: String) -> [String] {
    var parts = [""]
    var open: Block?
    let page = file(name).replacing("<!-- head.html -->\n", with: file("head.html"))
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      let block = Block.allCases.first { line.hasPrefix($0.reference.prefix) && line.hasSuffix($0.reference.suffix) }
      if block != open {
        parts[parts.count - 1] += open?.end ?? ""
        if let block {
          parts[parts.count - 1] += block.start
          parts.append(block.startAfterNonce)
        }
        open = block
      }
      if let block {
        let name = line.dropFirst(block.reference.prefix.count).dropLast(block.reference.suffix.count)
        parts[parts.count - 1] += file(String(name))
      } else {
        parts[parts.count - 1] += line + "\n"
      }
    }
    // The last line of the file is empty.
    parts[parts.count - 1].removeLast()
    return parts
  }

  /// What replaces the lines that refer to files.
  private enum Block: CaseIterable {
    case style
    case script

    var reference: (prefix: String, suffix: String) {
      switch self {
      case .style: ("<link rel=\"stylesheet\" href=\"", "\">")
      case .script: ("<script src=\"", "\"></script>")
      }
    }

    var start: String { self == .style ? "<style nonce=\"" : "<script nonce=\"" }
    var startAfterNonce: String { self == .style ? "\">\n" : "\">\n\"use strict\";\n(() => {\n" }
    var end: String { self == .style ? "</style>\n" : "})();\n</script>\n" }
  }

  /// The text of a web file without its header, which ends at the first empty line.
  private static func file(_ name: String) -> String {
    var count: UInt = 0
    let files = UnsafeBufferPointer(start: dashboardFiles(&count), count: Int(count))
    guard let file = files.first(where: { String(cString: $0.name) == name }) else {
      preconditionFailure("\(name) is not in DashboardFiles.c")
    }
    let text = String(decoding: UnsafeBufferPointer(start: file.bytes, count: Int(file.count)), as: UTF8.self)
    guard let header = text.firstRange(of: "\n\n") else { preconditionFailure("\(name) has no header") }
    return String(text[header.upperBound...])
  }
}
