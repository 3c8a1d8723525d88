// autointerp
// `ClusterConfiguration.load` reads cluster.toml and explains its mistakes.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import TOML

extension ClusterConfiguration {
  /// The file that is read if it exists in the working directory.
  package static let fileName = "cluster.toml"

  /// Reads `path`. Without one, reads `cluster.toml` in the working directory if it exists, otherwise returns the
  /// defaults.
  ///
  /// - Throws: `ConfigurationError` with the line of an unknown key or a wrong value.
  package static func load(path: String?) throws(ConfigurationError) -> ClusterConfiguration {
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

  /// Reads the status port's token from the environment or from its own file, so that it is in no file that others may
  /// read.
  ///
  /// - Throws: `StatusTokenError` if the file cannot be used.
  package mutating func takeStatusToken(
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
    let document: TOMLDocument
    do throws(TOMLError) {
      document = try TOMLDocument(parsing: text)
    } catch {
      throw ConfigurationError(file: file, line: error.line, message: error.message)
    }
    for section in document.sections where !Self.settings.contains(where: { $0.section == section.name }) {
      let known = Set(Self.settings.map(\.section)).sorted()
      let hint =
        Spelling.suggestion(for: section.name, among: known).map { "did you mean [\($0)]?" }
        ?? "the sections are \(known.map { "[\($0)]" }.joined(separator: " "))"
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
    let hint = here.isEmpty ? "every key must be in a section" : "the keys are \(here.joined(separator: ", "))"
    return "unknown key \"\(entry.key)\" \(place): \(hint)"
  }
}
