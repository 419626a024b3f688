import graphite from "../../src/sources/graphite.ts";
import { testSource } from "./conformance.ts";
import { httpStage } from "./http-stage.ts";

const PASSWORD = "gr@ph/ite:s3cret";

testSource(graphite, {
  value: 17,
  secrets: [PASSWORD],
  stage: httpStage({
    settings: (url) => ({ url, query: "carbon.lag", username: "muster", password: PASSWORD, timeoutSeconds: 1 }),
    answer(behaviour, _request, staleAt) {
      const now = Math.floor(Date.now() / 1000);
      if (behaviour === "working")
        return {
          body: [
            {
              target: "carbon.lag",
              datapoints: [
                [3, now - 20],
                [17, now - 10],
                [null, now],
              ],
            },
          ],
        };
      if (behaviour === "stale")
        return {
          body: [
            {
              target: "carbon.lag",
              datapoints: [
                [17, staleAt / 1000],
                [null, now],
              ],
            },
          ],
        };
      if (behaviour === "missing") return { body: [] };
      return undefined;
    },
  }),
  wrong: {
    settings: { url: "graphite:8080", query: "", timeoutSeconds: -1, password: 5 },
    names: ["url", "query", "timeoutSeconds", "password"],
  },
});
