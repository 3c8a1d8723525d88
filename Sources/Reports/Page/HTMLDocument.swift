// autointerp
// `HTMLDocument` is one page with its style, and a script if it needs one, that loads nothing else.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// A page. Style and script carry a nonce that is made from the content: text that got into the page without being escaped
/// could not know it, so that a browser would not run it.
package struct HTMLDocument {
  private let title: String
  private let body: Markup
  private let script: Markup?

  package init(title: String, body: Markup, script: Markup?) {
    self.title = title
    self.body = body
    self.script = script
  }

  package var bytes: [UInt8] {
    var digest = Digest(byteCount: 16)
    digest.update(body.html)
    let nonce = digest.bytes().hexadecimal
    let end = script.map { script -> Markup in
      """
      <script nonce="\(nonce)">
      "use strict";
      \(script)</script>

      """
    }
    let page: Markup = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-\(nonce)'; \
      script-src 'nonce-\(nonce)'; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="referrer" content="no-referrer">
      <title>\(title)</title>
      <style nonce="\(nonce)">
      \(.style)</style>
      </head>
      <body>
      \(body)
      \(end ?? "")</body>
      </html>

      """
    return Array(page.html.utf8)
  }
}
