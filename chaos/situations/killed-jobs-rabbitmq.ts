import { openRabbitmq } from "../../test/support/job-brokers.ts";
import { killDuringJobs } from "../killed-jobs.ts";

// A process creates Jobs only once a reading is as much younger than its first list of Jobs as readings may be late: 5 s.
export default killDuringJobs("RabbitMQ", openRabbitmq, 12_000);
