-- Argo CD's health of WorkerAutoscaler and WorkerPodAutoScaler objects; docs/kubectl.md says how to install it.
-- Of Lua's libraries Argo CD gives such a script its basic functions, `table`, and `os.time` and `os.date` alone.

-- What may pass by itself, such as a queue that cannot be read, is Degraded only after this long: a deployment must not
-- fail for a moment without an answer.
local PATIENCE_SECONDS = 600

-- Only a change of the object can set these right.
local WRONG = { InvalidSpec = true, WorkloadClaimed = true }
local ON_PURPOSE = { Paused = true, DryRun = true }

local function health(status, message)
  return { status = status, message = message or "" }
end

-- Times of one format and zone are in the order of their texts.
local function is_young(condition)
  local limit = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - PATIENCE_SECONDS)
  return condition.lastTransitionTime ~= nil and condition.lastTransitionTime > limit
end

local function in_trouble(condition)
  local message = (condition.reason or "") .. ": " .. (condition.message or "")
  if is_young(condition) then
    return health("Progressing", message)
  end
  return health("Degraded", message)
end

if obj.metadata ~= nil and obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "it is being deleted")
end

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local ready = conditions.Ready
if ready == nil then
  return health("Progressing", "no controller has read it yet")
end
local generation = tonumber(obj.metadata ~= nil and obj.metadata.generation or 0) or 0
local observed = tonumber(status.observedGeneration or generation) or generation
if observed < generation then
  return health("Progressing", "no controller has read its last change yet")
end
if ready.status == "Unknown" then
  return health("Progressing", ready.message)
end
if ready.status ~= "True" then
  if WRONG[ready.reason] then
    return health("Degraded", ready.reason .. ": " .. (ready.message or ""))
  end
  return in_trouble(ready)
end
if ON_PURPOSE[ready.reason] then
  return health("Suspended", ready.message)
end
local fallback = conditions.FallbackActive
if fallback ~= nil and fallback.status == "True" then
  return in_trouble(fallback)
end
return health("Healthy", ready.message)
