// autointerp
// `MappedFile.open` and `JSONValue.read` open a model's files and throw errors that name the file.
// SPDX-License-Identifier: Apache-2.0

package import JSON
internal import Platform

extension MappedFile {
  /// Maps a file of a model.
  ///
  /// - Throws: `CheckpointError` with the path if it cannot be opened, is not a regular file or is empty.
  static func open(_ path: String) throws(CheckpointError) -> MappedFile {
    do throws(PlatformError) {
      return try MappedFile(path)
    } catch {
      switch error {
      case .file(_, let problem): throw CheckpointError(path: path, problem)
      case .empty: throw CheckpointError(path: path, offset: 0, "the file is empty")
      case .diskFull, .inUse, .system: throw CheckpointError(path: path, "\(error)")
      }
    }
  }
}

extension JSONValue {
  /// Parses a whole file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - maximumBytes: larger files are refused.
  /// - Returns: the value.
  /// - Throws: `CheckpointError` if it cannot be read, or is not JSON; then with the offset.
  static func read(_ path: String, maximumBytes: Int = 100_000_000) throws(CheckpointError) -> JSONValue {
    let file = try MappedFile.open(path)
    guard file.bytes.count <= maximumBytes else {
      throw CheckpointError(
        path: path, "the file is too large", expected: "at most \(maximumBytes) bytes", found: "\(file.bytes.count)")
    }
    return try JSONValue(parsing: file.bytes, path: path)
  }

  /// Parses a part of a file.
  ///
  /// - Parameters:
  ///   - bytes: the text.
  ///   - path: the file, for errors.
  ///   - start: where the text begins in the file, for errors.
  /// - Throws: `CheckpointError` with the offset in the file.
  package init(
    parsing bytes: UnsafeRawBufferPointer, path: String, startingAt start: Int = 0
  ) throws(CheckpointError) {
    do throws(JSONError) {
      try self.init(parsing: bytes)
    } catch {
      throw CheckpointError(path: path, key: error.key, offset: error.offset.map { start + $0 }, error.problem)
    }
  }
}
