// autointerp
// The dashboard: one page that needs nothing from anywhere else.
// SPDX-License-Identifier: Apache-2.0

/// The page at `/`. It is the same for everybody: data reaches it only through `/events` and `/neurons`, as JSON, and
/// enters the document only as text (`textContent`), never as markup.
enum Dashboard {
  /// The page, whose style and script carry the `nonce` that the answer's Content-Security-Policy allows.
  static func page(nonce: String) -> String {
    document(
      nonce: nonce, title: "autointerp", body: body,
      script: [
        baseScript, runScript, chartScript, workerScript, workerListScript, fleetScript, neuronScript, liveScript,
      ].joined(separator: "\n"))
  }

  /// What a browser without the token gets.
  static func signInPage(nonce: String) -> String {
    document(nonce: nonce, title: "autointerp: sign in", body: signInBody, script: signInScript)
  }

  private static func document(nonce: String, title: String, body: String, script: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>\(title)</title>
    <link rel="icon" href="\(icon)">
    <style nonce="\(nonce)">
    \(style)
    \(workerStyle)
    </style>
    </head>
    <body>
    \(body)
    <script nonce="\(nonce)">
    "use strict";
    (() => {
    \(script)
    })();
    </script>
    </body>
    </html>

    """
  }

  /// Three nodes and two edges.
  private static let icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M4 12 8 4l4 8' "
    + "fill='none' stroke='%236a78d1' stroke-width='1.6'/%3E%3Cg fill='%233f51b5'%3E%3Ccircle cx='8' cy='4' r='2.4'/%3E"
    + "%3Ccircle cx='4' cy='12' r='2.4'/%3E%3Ccircle cx='12' cy='12' r='2.4'/%3E%3C/g%3E%3C/svg%3E"
}
