// autointerp
// `PostgreSQLClient` reads rows from a PostgreSQL server through libpq, which is loaded when it is needed.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// One read-only connection. libpq is no dependency of the program: without it, only this import is missing.
struct PostgreSQLClient: ~Copyable {
  private let libpq: Library
  private let connection: OpaquePointer

  private init(_ libpq: Library, _ connection: OpaquePointer) {
    self.libpq = libpq
    self.connection = connection
  }

  /// Connects to the server of a `postgresql://` address. libpq finds the password in `PGPASSWORD` or `~/.pgpass`.
  ///
  /// - Throws: `LabelError` if libpq is not installed, or the server refuses.
  static func connected(to address: String) throws(LabelError) -> PostgreSQLClient {
    let libpq = try Library()
    guard let connection = libpq.connect(address) else {
      throw .failed(path: "PostgreSQL", reason: "there is no memory for a connection")
    }
    let client = PostgreSQLClient(libpq, connection)
    guard libpq.status(connection) == 0 else { throw client.failure() }
    try client.execute("SET client_encoding TO 'UTF8'")
    try client.execute("BEGIN TRANSACTION READ ONLY")
    return client
  }

  deinit { libpq.finish(connection) }

  /// Runs a command that returns no rows.
  private func execute(_ sql: String) throws(LabelError) {
    let result = libpq.execute(connection, sql)
    defer { libpq.clear(result) }
    guard libpq.resultStatus(result) == Library.commandDone else { throw failure() }
  }

  private func failure() -> LabelError {
    .failed(path: "PostgreSQL", reason: Self.oneLine(String(cString: libpq.errorMessage(connection))))
  }

  /// Calls `body` with each row of a query, some thousands in memory at a time. Null is nil.
  func forEachRow(of query: String, _ body: ([String?]) throws(LabelError) -> Void) throws(LabelError) {
    try execute("DECLARE rows CURSOR FOR \(query)")
    while true {
      let result = libpq.execute(connection, "FETCH 5000 FROM rows")
      defer { libpq.clear(result) }
      guard libpq.resultStatus(result) == Library.rowsDone else { throw failure() }
      let (rows, columns) = (libpq.rowCount(result), libpq.columnCount(result))
      if rows == 0 { break }
      for row in 0..<rows {
        var values: [String?] = []
        for column in 0..<columns {
          let isNull = libpq.isNull(result, row, column) != 0
          values.append(isNull ? nil : String(cString: libpq.value(result, row, column)))
        }
        try body(values)
      }
    }
    try execute("CLOSE rows")
  }

  /// A text as an SQL literal.
  static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: "; ")
  }
}

/// The functions of libpq that are used.
private struct Library {
  static let commandDone: Int32 = 1
  static let rowsDone: Int32 = 2

  let connect: @convention(c) (UnsafePointer<CChar>) -> OpaquePointer?
  let status: @convention(c) (OpaquePointer) -> Int32
  let errorMessage: @convention(c) (OpaquePointer) -> UnsafePointer<CChar>
  let finish: @convention(c) (OpaquePointer) -> Void
  let execute: @convention(c) (OpaquePointer, UnsafePointer<CChar>) -> OpaquePointer?
  let resultStatus: @convention(c) (OpaquePointer?) -> Int32
  let rowCount: @convention(c) (OpaquePointer?) -> Int32
  let columnCount: @convention(c) (OpaquePointer?) -> Int32
  let isNull: @convention(c) (OpaquePointer?, Int32, Int32) -> Int32
  let value: @convention(c) (OpaquePointer?, Int32, Int32) -> UnsafePointer<CChar>
  let clear: @convention(c) (OpaquePointer?) -> Void

  /// The library stays loaded until the process ends.
  init() throws(LabelError) {
    guard let handle = dlopen("libpq.so.5", RTLD_NOW) else {
      throw .failed(path: "libpq.so.5", reason: "it is needed to read from PostgreSQL; install the package libpq5")
    }
    func symbol<Function>(_ name: String) throws(LabelError) -> Function {
      guard let found = dlsym(handle, name) else {
        throw .failed(path: "libpq.so.5", reason: "it has no function \(name)")
      }
      return unsafeBitCast(found, to: Function.self)
    }
    connect = try symbol("PQconnectdb")
    status = try symbol("PQstatus")
    errorMessage = try symbol("PQerrorMessage")
    finish = try symbol("PQfinish")
    execute = try symbol("PQexec")
    resultStatus = try symbol("PQresultStatus")
    rowCount = try symbol("PQntuples")
    columnCount = try symbol("PQnfields")
    isNull = try symbol("PQgetisnull")
    value = try symbol("PQgetvalue")
    clear = try symbol("PQclear")
  }
}
