// Exit code 0 when the gateway in this container answers /healthz; the slim image has no curl.
try {
  const response = await fetch(`http://127.0.0.1:${process.env.PORT || 8080}/healthz`, {
    signal: AbortSignal.timeout(2000),
  })
  process.exit(response.ok ? 0 : 1)
} catch {
  process.exit(1)
}
