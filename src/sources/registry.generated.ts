// Generated from the files of this folder by `make generate`: do not edit.
import beanstalkd from "./beanstalkd.ts";
import cloudwatch from "./cloudwatch.ts";
import constant from "./constant.ts";
import cron from "./cron.ts";
import graphite from "./graphite.ts";
import http from "./http.ts";
import influxdb from "./influxdb.ts";
import kafka from "./kafka.ts";
import mysql from "./mysql.ts";
import natsJetstream from "./nats-jetstream.ts";
import postgresql from "./postgresql.ts";
import prometheus from "./prometheus.ts";
import rabbitmq from "./rabbitmq.ts";
import redis from "./redis.ts";
import sqs from "./sqs.ts";
import type { SourceType } from "./shared/source.ts";

/** Every source there is. */
export const SOURCES: readonly SourceType[] = [beanstalkd, cloudwatch, constant, cron, graphite, http, influxdb, kafka, mysql, natsJetstream, postgresql, prometheus, rabbitmq, redis, sqs];
