/** undici's Pool without the rest of undici (fetch, WebSocket, caches, mocks), which would take 60 ms to load. */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}
