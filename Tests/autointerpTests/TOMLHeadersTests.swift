// autointerp
// Sections without a name, which the TOML parser does not survive.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import autointerp

@Suite struct TOMLHeadersTests {
  @Test(arguments: [
    ("[status]\nport = 1\n[\nworker]\n", 3), ("[!worker]\n", 1), ("\u{FEFF}  [[ \u{E9}]]\n", 1),
    ("a = '''\n[\n'''\n[!", 4), ("a = \"\"\"\n\\\"\"\"\"\n[ .b]\n", 3),
  ])
  func aBracketWithoutAKeyIsAnErrorWithItsLine(text: String, line: Int) {
    let error = #expect(throws: ConfigurationError.self) { try TOMLDocument(file: "c.toml", text: text) }
    #expect(error?.line == line)
  }

  @Test(arguments: [("[status]\nallowed_hosts = [}\n", 2), ("a = [ 1, # [\n}]\n", 2), ("a = [{b = [}]}]", 1)])
  func aBraceInAListIsAnErrorWithItsLine(text: String, line: Int) {
    let error = #expect(throws: ConfigurationError.self) { try TOMLDocument(file: "c.toml", text: text) }
    #expect(error?.line == line)
  }

  @Test(arguments: [
    "\n[\n", "[!] \"quoted\" # no comment\n[?]", "ends with quotes\\\"\\\"", "[", "\\\\", "'[\n\n[ \t",
  ])
  func bracketsInTextAreNoSections(text: String) throws {
    for quotes in ["\"\"\"", "'''"] where !text.contains("'") || quotes != "'''" {
      let file = "[template]\nsystem = \(quotes)\(text)\(quotes)\n[worker]\nslots = 2\n"
      let configuration = try ClusterConfiguration(file: "c.toml", text: file)
      #expect(configuration.template.system != nil && configuration.worker.slots == 2)
    }
  }

  @Test func bracketsOfListsAreNoSections() throws {
    let file = "[status]\nallowed_hosts = [\n  # [\n \"[\",\n '[!'\n]\n[worker]\nslots = 2\n"
    let configuration = try ClusterConfiguration(file: "c.toml", text: file)
    #expect(configuration.status.allowedHosts == ["[", "[!"] && configuration.worker.slots == 2)
  }

  @Test(arguments: ["[", "[[", "[ [x]", "[]", "[a", "x = [\n[1],\n[{}]\n]\n[b]\n"])
  func whatTheParserTellsOfItselfIsLeftToIt(text: String) {
    #expect(TOMLHeaders.mistake(in: text) == nil)
  }
}
