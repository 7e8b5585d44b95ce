// Starts the Google emulator on the port given as the only argument, loopback only. An access token with an @ in it is
// the address of a user, who is made with an empty mailbox on first use: tests do not see one another's mail.
import { createServer, serve } from "@emulators/core";
import { googlePlugin, seedFromConfig } from "@emulators/google";

const port = Number(process.argv[2]);
const baseUrl = `http://127.0.0.1:${port}`;
const { app, store, tokenMap } = createServer(googlePlugin, { port, baseUrl });

function fetch(request) {
  const token = (request.headers.get("authorization") ?? "").replace(/^Bearer /, "");
  if (token.includes("@") && !tokenMap.has(token)) {
    tokenMap.set(token, { login: token, id: tokenMap.size + 1, scopes: [] });
    seedFromConfig(store, baseUrl, { users: [{ email: token }] });
  }
  return app.fetch(request);
}

serve({ fetch, port, hostname: "127.0.0.1" });
