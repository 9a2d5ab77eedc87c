/** The origin of a rule or price. Every rule names one of these. */
export interface Source {
  readonly cite: string
  /** ISO date on which the source said so. */
  readonly asOf: string
}

export const SOURCES = {
  /** Done by this gateway, whatever the upstream takes. */
  gateway: { cite: 'comet-gateway, docs/pictures.md', asOf: '2026-11-25' },
  /** openai-openapi, openapi.yaml, schema CreateImageRequest. */
  spec: { cite: 'openai-openapi CreateImageRequest', asOf: '2026-08-21' },
  /** openai-openapi, openapi.yaml, schemas CreateImageEditRequest and EditImageBodyJsonParam. */
  editSpec: { cite: 'openai-openapi CreateImageEditRequest', asOf: '2026-08-21' },
  /** openai-openapi, openapi.yaml, schema CreateImageVariationRequest. */
  variationSpec: { cite: 'openai-openapi CreateImageVariationRequest', asOf: '2026-08-21' },
  /** CometAPI's page for POST /v1/images/edits. */
  cometEdits: { cite: 'CometAPI docs, POST /v1/images/edits', asOf: '2026-11-22' },
  /** OpenAI's image generation guide (the four size rules, transparency, compression). */
  guide: { cite: 'OpenAI image generation guide', asOf: '2026-11-22' },
  /** OpenAI's API reference for images, newer than the SDKs (2.5, 2.6). */
  reference: { cite: 'OpenAI API reference, images.generate', asOf: '2026-11-22' },
  /** The types of OpenAI's npm package: newer than any specification of theirs that is stored. */
  sdk: { cite: 'openai npm package 7.57.0, resources/images.d.ts', asOf: '2026-11-13' },
  /** CometAPI's page for POST /v1/images/generations. */
  comet: { cite: 'CometAPI docs, POST /v1/images/generations', asOf: '2026-11-22' },
  /** CometAPI's Seedream page. */
  cometSeedream: { cite: 'CometAPI docs, Bytedance image generation', asOf: '2026-11-22' },
  /** ByteDance's limits of each Seedream version: quoted documentation and live probes of integrators. */
  byteDance: { cite: 'ByteDance documentation and recorded answers, per version', asOf: '2026-11-25' },
  /** Answers that were recorded. */
  observed: { cite: 'recorded answers of the upstream', asOf: '2026-08-12' },
  /** Frame sizes of animated gifs that were tried (docs.apiyi.com). */
  gifProbes: { cite: 'docs.apiyi.com, gpt-image-2.6 gif', asOf: '2026-11-25' },
  /** Integrators that send `moderation` with edits (theopenco/llmgateway#4060, vercel/ai#20745). */
  integrators: { cite: 'integrators that send it', asOf: '2026-11-25' },
  /** OpenAI's pricing page. */
  openaiPricing: { cite: 'OpenAI pricing page', asOf: '2026-11-01' },
  /** Rates of OpenAI's text models as GitHub lists them (github/docs, models-and-pricing.yml); three pages agree. */
  textPricing: { cite: 'OpenAI text model prices, as listed by GitHub', asOf: '2026-11-25' },
  /** Per-image prices of the DALL·E models (LiteLLM price table, commit 00035b69). */
  dallePricing: { cite: 'LiteLLM model_prices_and_context_window.json', asOf: '2026-11-22' },
  /** CometAPI's price feed and logged charges. */
  cometPricing: { cite: 'CometAPI price feed', asOf: '2026-08-10' },
} as const satisfies Record<string, Source>
