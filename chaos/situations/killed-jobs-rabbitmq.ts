import { openRabbitmq } from "../../test/support/job-brokers.ts";
import { killDuringJobs } from "../killed-jobs.ts";

export default killDuringJobs("RabbitMQ", openRabbitmq);
