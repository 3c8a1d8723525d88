// autointerp
// `InvestigationFiles` writes registers and dossiers to a folder, or beside a page.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import Investigations
internal import Platform

/// Where the files of an investigation go: a folder, or an HTML file with the rest beside it. Nowhere without a path.
struct InvestigationFiles {
  private let folder: String?
  private let page: String?
  private let prefix: String

  /// Makes the folder, and checks that files can be written, before anything long begins.
  init(_ path: String?) throws {
    guard let path else {
      (folder, page, prefix) = (nil, nil, "")
      return
    }
    let name = path as NSString
    if name.pathExtension.lowercased() == "html" {
      folder = name.deletingLastPathComponent
      page = path
      prefix = (name.lastPathComponent as NSString).deletingPathExtension + "."
    } else {
      folder = path
      page = nil
      prefix = ""
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
        throw InputError(path: path, problem: "this is a file; name a folder, or a file that ends with .html")
      }
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try OutputFile(page ?? file("index.html")).check()
  }

  private func file(_ name: String) -> String {
    folder.map { $0.isEmpty ? prefix + name : "\($0)/\(prefix)\(name)" } ?? name
  }

  private static func name(_ neuron: NeuronID) -> String { "L\(neuron.layer)-N\(neuron.index)" }

  /// Writes a register. Its file must be complete before anything is measured.
  func write(_ register: InvestigationRegister) throws {
    guard folder != nil else { return }
    try OutputFile(file("\(Self.name(register.neuron.neuron)).register.json")).write(register.bytes)
  }

  func write(_ dossier: Dossier) throws {
    guard folder != nil else { return }
    let name = Self.name(dossier.neuron)
    try OutputFile(file("\(name).json")).write(dossier.json())
    if page == nil {
      try OutputFile(file("\(name).html")).write(
        DossierPage([dossier], softwareVersion: SoftwareVersion.current).html)
    }
  }

  /// Writes the page of all dossiers: the named one, or the folder's index if there are several.
  func writePage(_ dossiers: [Dossier]) throws {
    guard folder != nil, !dossiers.isEmpty, page != nil || dossiers.count > 1 else { return }
    try OutputFile(page ?? file("index.html")).write(
      DossierPage(dossiers, softwareVersion: SoftwareVersion.current).html)
  }
}
