// A function of Node with the clients that ours have, for `measure.py` to compare with. It is bundled, as functions of
// Node are whose start matters, and takes part in the Runtime API by itself: less than Lambda's own runtime does.

import http from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

const clients = [new DynamoDBClient(), new SecretsManagerClient(), new EventBridgeClient()];
const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

function request(method, path, body) {
  return new Promise((resolve, reject) => {
    const asked = http.request(`${runtime}/${path}`, { method }, (answer) => {
      answer.resume().on("end", () => resolve(answer.headers));
    });
    asked.on("error", reject).end(body);
  });
}

async function serve() {
  for (;;) {
    const invocation = (await request("GET", "next"))["lambda-runtime-aws-request-id"];
    await request("POST", `${invocation}/response`, String(clients.length));
  }
}

serve();
