// autointerp
// Reading cluster.toml.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

extension ClusterConfiguration {
  /// The name under which a configuration is looked for in the working directory.
  static let fileName = "cluster.toml"

  /// Reads `path`; without one, `cluster.toml` in the working directory if there is such a file, else the defaults.
  ///
  /// - Throws: `ConfigurationError` naming the line of an unknown key or a wrong value.
  static func load(path: String?) throws(ConfigurationError) -> ClusterConfiguration {
    guard let path = path ?? (FileManager.default.fileExists(atPath: fileName) ? fileName : nil) else {
      return ClusterConfiguration()
    }
    let text: String
    do {
      text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
    } catch {
      throw ConfigurationError(file: path, line: nil, message: "cannot be read: \(error.localizedDescription)")
    }
    return try ClusterConfiguration(file: path, text: text)
  }

  /// Takes the token of the status port from the environment or else from its own file, so that it is in no file that
  /// others read.
  ///
  /// - Throws: `StatusTokenError` when the file cannot be used.
  mutating func takeStatusToken(
    from environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(StatusTokenError) {
    if let token = environment[StatusToken.variable], !token.isEmpty {
      status.bearerToken = token
    } else if !status.tokenFile.isEmpty {
      status.bearerToken = try StatusToken.read(status.tokenFile)
    }
  }

  init(file: String, text: String) throws(ConfigurationError) {
    self.init()
    let document = try TOMLDocument(file: file, text: text)
    for section in document.sections where !Self.settings.contains(where: { $0.section == section.name }) {
      let known = Set(Self.settings.map(\.section)).sorted()
      let hint =
        Spelling.suggestion(for: section.name, among: known).map { "did you mean [\($0)]?" }
        ?? "there are \(known.map { "[\($0)]" }.joined(separator: " "))"
      throw ConfigurationError(file: file, line: section.line, message: "unknown section [\(section.name)]: \(hint)")
    }
    for entry in document.entries {
      guard let setting = Self.settings.first(where: { $0.section == entry.section && $0.key == entry.key }) else {
        throw ConfigurationError(file: file, line: entry.line, message: Self.complaint(unknown: entry))
      }
      if let complaint = setting.apply(entry.value, &self) {
        throw ConfigurationError(file: file, line: entry.line, message: "\(setting.name): \(complaint)")
      }
    }
  }

  private static func complaint(unknown entry: TOMLDocument.Entry) -> String {
    let place = entry.section.isEmpty ? "before the first section" : "in [\(entry.section)]"
    let here = settings.filter { $0.section == entry.section }.map(\.key)
    if let near = Spelling.suggestion(for: entry.key, among: here) {
      return "unknown key \"\(entry.key)\" \(place): did you mean \"\(near)\"?"
    }
    if let elsewhere = settings.first(where: { $0.key == entry.key }) {
      return "unknown key \"\(entry.key)\" \(place): it belongs under [\(elsewhere.section)]"
    }
    let hint = here.isEmpty ? "every key belongs under a section" : "there are \(here.joined(separator: ", "))"
    return "unknown key \"\(entry.key)\" \(place): \(hint)"
  }
}
