import { goProgram, javaProgram, nodeWith, pythonWith, rustProgram, systemProgram } from './toolchains.ts'
import type { Tools } from './toolchains.ts'

/** A client under test, and what it can do. */
export interface Client {
  /** With its version, as docs/clients.md names it. */
  readonly name: string
  /** Installs it. @throws Skipped where that is not possible here */
  readonly prepare: () => Tools
  /** Arguments of the driver. */
  readonly args?: readonly string[]
  /** Its abilities beside generating. */
  readonly can: readonly Ability[]
  /** The model it is tried with; gpt-image-2 otherwise. */
  readonly model?: string
  /** Parameters that it can send of each generation. */
  readonly fields?: Readonly<Record<string, string>>
  /** Of its process, beside the gateway's address and key. */
  readonly environment?: Readonly<Record<string, string>>
  /** Left out of the short run. */
  readonly isSlow?: boolean
}

/** `retry`: it sends again by itself what has failed. `header`: its caller can add headers. */
export type Ability = 'edit' | 'stream' | 'timeout' | 'header' | 'retry' | 'response_format'

const SDK: readonly Ability[] = ['edit', 'stream', 'timeout', 'header', 'retry', 'response_format']
const WITHOUT_STREAM: readonly Ability[] = ['edit', 'timeout', 'header', 'retry', 'response_format']

const openaiForNode = (name: string, version: string, can = SDK): Client => ({
  name: `openai ${version} (Node)`,
  prepare: () => nodeWith('node', 'openai.js'),
  args: [name],
  can,
})

const openaiForPython = (file: string, version: string, can = SDK): Client => ({
  name: `openai ${version} (Python)`,
  prepare: () => pythonWith(`requirements-${file}.txt`, 'openai_client.py'),
  can,
})

export const CLIENTS: readonly Client[] = [
  openaiForNode('openai-5', '5.23.2'),
  openaiForNode('openai-4', '4.104.0', WITHOUT_STREAM),
  openaiForNode('openai-4.3', '4.3.0', WITHOUT_STREAM),
  {
    name: '@ai-sdk/openai-compatible 3.0.92',
    prepare: () => nodeWith('node', 'ai-sdk.js'),
    can: WITHOUT_STREAM,
  },
  {
    name: '@langchain/openai 1.6.0',
    prepare: () => nodeWith('node', 'langchain.js'),
    can: ['retry'],
    model: 'dall-e-3',
    fields: { quality: 'standard' },
  },
  openaiForPython('openai-1', '1.109.1'),
  openaiForPython('openai-2', '2.54.0'),
  { ...openaiForPython('openai-1.3', '1.3.9', WITHOUT_STREAM), isSlow: true },
  {
    name: 'litellm 1.110.2',
    prepare: () => pythonWith('requirements-litellm.txt', 'litellm_client.py'),
    can: ['edit', 'timeout', 'header', 'retry'],
    environment: { LITELLM_LOCAL_MODEL_COST_MAP: 'True' }, // instead of fetching one
    isSlow: true,
  },
  { name: 'openai-go 3.98.0', prepare: () => goProgram('openai-go'), can: SDK, isSlow: true },
  {
    name: 'go-openai 1.43.0',
    prepare: () => goProgram('go-openai'),
    can: ['edit', 'timeout', 'header', 'response_format'],
  },
  {
    name: 'async-openai 0.43.0 (Rust)',
    prepare: () => rustProgram('rust', 'async-openai-driver'),
    can: SDK,
    isSlow: true,
  },
  {
    name: 'openai-java 4.101.0',
    prepare: () => javaProgram('java', 'OpenAiDriver.java'),
    can: SDK,
    isSlow: true,
  },
  { name: 'curl', prepare: () => systemProgram('curl'), can: SDK },
  { name: 'wget', prepare: () => systemProgram('wget'), can: ['timeout', 'header', 'retry'] },
]
