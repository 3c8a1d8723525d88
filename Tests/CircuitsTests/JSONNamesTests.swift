// autointerp
// `JSONNamesTests` tests how neurons and endpoints are written into JSON.
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import Circuits

@Suite struct JSONNamesTests {
  @Test func idsAreWrittenAsTheyAreDescribed() {
    for endpoint in [Endpoint.neuron(layer: 15, index: 7890), .embedding(token: 13347), .logit(token: 0)] {
      var json = JSONByteWriter()
      json.beginArray()
      json.value(endpoint)
      json.end()
      let written = String(decoding: json.bytes, as: UTF8.self)
      #expect(written == "[\"\(endpoint)\"]\n")
      #expect(Endpoint(endpoint.description) == endpoint)
    }
    #expect(["", "E", "E_", "_1", "X_1", "1_2_3", "-1_2", "1_-2", "1_9999999999"].allSatisfy { Endpoint($0) == nil })
  }
}
