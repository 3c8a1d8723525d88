// autointerp
// `CurlLibrary` holds the functions and numbers of libcurl that are used.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// libcurl 7.20 and later. `curl_easy_setopt` is variadic in C; on Linux, for x86-64 and arm64 alike, a variadic argument that is
/// a pointer or a `long` is passed like a named one, so that it can be called through these types.
///
/// `@unchecked Sendable`: it holds C functions only, which any thread may call, each with a handle of its own.
struct CurlLibrary: @unchecked Sendable {
  /// Options whose value is a pointer.
  enum Pointer: Int32 {
    case url = 10002
    case body = 10015
    case headers = 10023
    case writeContext = 10001
    case headerContext = 10029
    case write = 20011
    case header = 20079
  }

  /// Options whose value is a `long`.
  enum Number: Int32 {
    case bodyBytes = 60
    case post = 47
    case noSignals = 99
    case followRedirects = 52
    case protocols = 181
    case milliseconds = 155
    case connectMilliseconds = 156
  }

  /// HTTP and HTTPS, as `protocols` wants it.
  static let plainAndTLS = 3
  static let timedOut: Int32 = 28
  private static let statusInformation: Int32 = 0x200002
  private static let names = ["libcurl.so.4", "libcurl-gnutls.so.4"]

  private let initialize: @convention(c) () -> UnsafeMutableRawPointer?
  private let setPointer: @convention(c) (UnsafeMutableRawPointer, Int32, UnsafeRawPointer?) -> Int32
  private let setNumber: @convention(c) (UnsafeMutableRawPointer, Int32, Int) -> Int32
  private let run: @convention(c) (UnsafeMutableRawPointer) -> Int32
  private let information: @convention(c) (UnsafeMutableRawPointer, Int32, UnsafeMutablePointer<Int>) -> Int32
  private let end: @convention(c) (UnsafeMutableRawPointer) -> Void
  private let text: @convention(c) (Int32) -> UnsafePointer<CChar>?
  private let appendLine: @convention(c) (OpaquePointer?, UnsafePointer<CChar>) -> OpaquePointer?
  private let freeList: @convention(c) (OpaquePointer?) -> Void

  /// The library stays loaded until the process ends.
  init() throws(EndpointError) {
    guard let library = Self.names.lazy.compactMap({ dlopen($0, RTLD_NOW) }).first else {
      throw .noClient("libcurl.so.4 is needed to ask a language model; install the package libcurl4")
    }
    func symbol<Function>(_ name: String) throws(EndpointError) -> Function {
      guard let found = dlsym(library, name) else { throw .noClient("libcurl has no function \(name)") }
      return unsafeBitCast(found, to: Function.self)
    }
    initialize = try symbol("curl_easy_init")
    setPointer = try symbol("curl_easy_setopt")
    setNumber = try symbol("curl_easy_setopt")
    run = try symbol("curl_easy_perform")
    information = try symbol("curl_easy_getinfo")
    end = try symbol("curl_easy_cleanup")
    text = try symbol("curl_easy_strerror")
    appendLine = try symbol("curl_slist_append")
    freeList = try symbol("curl_slist_free_all")
  }

  func begin() -> UnsafeMutableRawPointer? { initialize() }
  func set(_ handle: UnsafeMutableRawPointer, _ option: Pointer, _ value: UnsafeRawPointer?) {
    _ = setPointer(handle, option.rawValue, value)
  }
  func set(_ handle: UnsafeMutableRawPointer, _ option: Number, _ value: Int) {
    _ = setNumber(handle, option.rawValue, value)
  }
  func perform(_ handle: UnsafeMutableRawPointer) -> Int32 { run(handle) }
  func cleanup(_ handle: UnsafeMutableRawPointer) { end(handle) }
  func append(_ list: OpaquePointer?, _ line: String) -> OpaquePointer? { appendLine(list, line) }
  func free(_ list: OpaquePointer?) { freeList(list) }
  func message(_ code: Int32) -> String { text(code).map { String(cString: $0) } ?? "error \(code) of libcurl" }

  /// The status of the answer; 0 if there was none.
  func status(_ handle: UnsafeMutableRawPointer) -> Int {
    var status = 0
    _ = information(handle, Self.statusInformation, &status)
    return status
  }
}
