import { exponential, normal, Random } from "../../src/lab/random.ts";
import type { Traffic } from "../../src/lab/traffic/traffic.ts";
import { PRESET_START, trafficFromPreset } from "../../src/lab/traffic/traffic-from-preset.ts";
import type { Scene } from "./traffics.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** Traffic that was never played while the rule was designed. Each begins with a part to tune on. */
export function heldOut(): readonly Scene[] {
  const usual = { serviceSeconds: 2, objectiveSeconds: 60, lookSeconds: 5, maxReplicas: 100 };
  const scene = (name: string, traffic: Traffic, terms: Partial<Scene> = {}): Scene => ({
    ...usual,
    name,
    traffic,
    ...terms,
  });
  return [
    scene("heavy tail: lognormal CV 4, minutes that vary", minutes("heavy-tail", 2 * DAY_MINUTES, heavyMinutes()), {
      serviceSeconds: 4,
      serviceCv: 4,
    }),
    scene("ramp: 30 to 600 a minute in 8 h", trafficFromPreset("ramp:from=30,to=600,for=8h")),
    scene("double season with a holiday", minutes("double-season", 14 * DAY_MINUTES, doubleSeason)),
    scene("message time x 4 at noon", fourfoldAtNoon()),
    scene("few workers: 4 a minute, 20 s each", trafficFromPreset("steady:rate=4,for=2d"), { serviceSeconds: 20 }),
    scene("weekly, 10 to 200 a minute, 120 s", trafficFromPreset("weekly:low=10,high=200,for=14d"), {
      objectiveSeconds: 120,
      lookSeconds: 10,
    }),
  ];
}

function minutes(name: string, count: number, perMinute: (minute: number) => number): Traffic {
  return {
    ...{ name, kind: "rates", start: PRESET_START, durationMs: count * MINUTE_MS, binMs: MINUTE_MS, remarks: [] },
    at: Float64Array.from({ length: count }, (_, minute) => minute * MINUTE_MS),
    counts: Float64Array.from({ length: count }, (_, minute) => perMinute(minute)),
  };
}

/** As batch jobs of Alibaba's traces come: a mean that wanders within hours, with spikes of several times of it. */
function heavyMinutes(): (minute: number) => number {
  const random = new Random(7, "heavy tail");
  let level = 0;
  return () => {
    level = 0.98 * level + 0.2 * normal(random);
    const spike = random.next() < 0.01 ? 2 + 6 * random.next() : 1;
    return 60 * Math.exp(level / 2) * spike;
  };
}

/** Morning and evening peaks, half as much at weekends; the second Wednesday is a holiday with a fifth. */
function doubleSeason(minute: number): number {
  const day = Math.floor(minute / DAY_MINUTES);
  const hour = (minute % DAY_MINUTES) / 60;
  const peak = (at: number, width: number) => Math.exp(-(((hour - at) / width) ** 2));
  const share = day === 9 ? 0.2 : day % 7 >= 5 ? 0.5 : 1;
  return share * (15 + 220 * peak(10, 1.5) + 300 * peak(19, 2));
}

/** Steady arrivals for a day; from noon on a message takes four times as long. */
function fourfoldAtNoon(): Traffic {
  const traffic = minutes("fourfold", DAY_MINUTES, () => 120);
  const random = new Random(9, "fourfold");
  const at: number[] = [];
  for (let time = 0; time < traffic.durationMs; time += 500 * exponential(random)) at.push(time);
  const times = at.map((time) => (time < 12 * 60 * MINUTE_MS ? 2_000 : 8_000) * exponential(random));
  const { counts: _, ...rest } = traffic;
  return { ...rest, kind: "messages", binMs: 0, at: Float64Array.from(at), serviceMs: Float64Array.from(times) };
}
