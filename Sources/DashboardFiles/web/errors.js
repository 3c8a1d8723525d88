// autointerp
// Shows recent errors, and counters of leases, deltas and refusals.
// SPDX-License-Identifier: Apache-2.0

const renderErrors = () => {
  const errors = state.status.recentErrors;
  $("errors-card").hidden = errors.length === 0;
  const numbered = errors.map((error, i) => ({ ...error, key: `${error.at} ${i} ${error.text}` })).reverse().slice(0, 100);
  keyed($("errors"), numbered, (error) => error.key,
    (error) => h("li", "", h("time", "", clock(error.at, true)), h("span", "text", error.text)), () => {});
};

const renderFleet = () => {
  const { softwareVersion, startedAt, counters } = state.status;
  setText($("coordinator"), `coordinator ${softwareVersion} · up ${span((coordinatorNow() - startedAt) / 1000)}`);
  const words = [
    `${plural(counters.leasesGranted, "lease", "leases")} granted, ${count(counters.leasesExpired)} expired`,
    `${plural(counters.deltasMerged, "delta", "deltas")} merged, ${count(counters.deltasDuplicate)} duplicate, ${count(counters.deltasConflicting)} conflicting`,
    `${plural(counters.failuresReported, "failure", "failures")} reported`,
    `${plural(counters.framesReceived, "message", "messages")}, ${bytes(counters.bytesReceived)} in, ${bytes(counters.bytesSent)} out`,
    `${count(counters.framesRefused)} messages and ${count(counters.workersRefused)} workers refused`,
  ];
  if (isNumber(counters.connectionsRefused)) words.push(`${plural(counters.connectionsRefused, "connection", "connections")} refused`);
  const foot = $("foot");
  while (foot.childElementCount < words.length) foot.append(h("span"));
  words.forEach((text, i) => setText(foot.children[i], text));
};
