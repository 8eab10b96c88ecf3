-- Stands in for the controller's scripts: the redirect to https and HSTS (lua_ingress.lua), the choice of a
-- backend and its canary (balancer.lua), the redirect between names with and without "www."
-- (ngx_srv_redirect.lua). What those read from shared memory is in variables of the location here.
local M = {}

local function certified(host)
  local names = ngx.var.certified
  host = host:gsub("%.$", ""):lower()
  if names:find(" " .. host .. " ", 1, true) then
    return true
  end
  local wildcard, replaced = host:gsub("^[^.]+%.", "*.")
  return replaced == 1 and names:find(" " .. wildcard .. " ", 1, true) ~= nil
end

local function to_https()
  if ngx.var.force_no_ssl_redirect == "true" or ngx.var.pass_access_scheme ~= "http" then
    return false
  end
  return ngx.var.force_ssl_redirect == "true"
    or (ngx.var.ssl_redirect == "true" and certified(ngx.var.host))
end

local function given(text)
  return text ~= nil and text ~= ""
end

local function goes_to_canary()
  if ngx.var.canary == "" then
    return false
  end
  local header = ngx.var["http_" .. ngx.var.canary_header:gsub("-", "_")]
  if header then
    if given(ngx.var.canary_value) then
      if header == ngx.var.canary_value then
        return true
      end
    elseif given(ngx.var.canary_pattern) then
      local found, fault = ngx.re.match(header, ngx.var.canary_pattern)
      if found then
        return true
      elseif fault then
        return false
      end
    elseif header == "always" then
      return true
    elseif header == "never" then
      return false
    end
  end
  local cookie = ngx.var["cookie_" .. ngx.var.canary_cookie]
  if cookie == "always" then
    return true
  elseif cookie == "never" then
    return false
  end
  local total = tonumber(ngx.var.canary_total) or 100
  return math.random(total > 100 and total or 100) <= (tonumber(ngx.var.canary_weight) or 0)
end

function M.rewrite()
  ngx.var.best_http_host = ngx.var.http_host or ngx.var.host
  if to_https() then
    local uri = ngx.var.request_uri
    if ngx.var.preserve_trailing_slash == "false" and uri:sub(-1) == "/" then
      uri = uri:sub(1, -2)
    end
    -- split at ":" as the controller does, which drops empty parts at the end
    local host = ngx.var.best_http_host:match("^[^:]*")
    if ngx.var.use_port_in_redirects == "true" then
      host = host .. ":443"
    end
    return ngx.redirect("https://" .. host .. uri, tonumber(ngx.var.http_redirect_code))
  end
  if ngx.var.backend == "" then
    return ngx.exit(503)
  end
  ngx.var.chosen = goes_to_canary() and ngx.var.canary or ngx.var.backend
end

function M.header(hsts)
  if ngx.var.scheme == "https" and hsts ~= "" then
    ngx.header["Strict-Transport-Security"] = hsts
  end
end

function M.www(to)
  local uri = ngx.var.request_uri
  if uri:sub(-1) == "/" then
    uri = uri:sub(1, -2)
  end
  return ngx.var.scheme .. "://" .. to .. ":" .. ngx.var.listener_port .. uri
end

return M
