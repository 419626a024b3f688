#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=40 --initial-old-space-size=48
// Memory, not speed, is dear to a process that mostly waits (see bench/README.md): short-lived objects get 4 MB for each
// half of their space, and the old ones are collected when they have grown by 40 %, not when there are four times as many;
// first at 48 MB, so that a start with a thousand autoscalers is not spent on collecting what stays.
import "../build/muster/main.js";
