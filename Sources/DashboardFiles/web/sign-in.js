// autointerp
// Signs in: sends the bearer token to the status port, which answers with a cookie.
// SPDX-License-Identifier: Apache-2.0

const form = document.getElementById("form");
const answer = document.getElementById("answer");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  answer.textContent = "";
  const token = document.getElementById("token").value;
  try {
    const reply = await fetch("/session", { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
    if (reply.ok && location.search) location.replace(location.pathname + location.hash);
    else if (reply.ok) location.reload();
    else answer.textContent = reply.status === 401 ? "That is not the token." : `The coordinator answered ${reply.status}.`;
  } catch {
    answer.textContent = "The coordinator does not answer.";
  }
});
