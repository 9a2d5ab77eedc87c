import type { ModelElsewhere } from '../model.ts'

/** Image models that CometAPI serves on routes of their own (CometAPI docs, 2026-11-22). */
export const modelsElsewhere: readonly ModelElsewhere[] = [
  ...['gemini-2.5-flash-image*', 'gemini-3-pro-image*', 'gemini-3.1-flash-image*'].map((id) => ({
    id,
    route: 'POST /v1beta/models/{model}:generateContent',
  })),
  ...['flux-*', 'black-forest-labs/flux-*'].map((id) => ({ id, route: 'POST /flux/v1/{model}' })),
  ...['mj_*', 'mj-*', 'midjourney*'].map((id) => ({ id, route: 'the /mj/ routes' })),
  { id: 'bria-*', route: 'the /bria/ routes' },
]
