import { brokenOff } from '../../upstream/failures.ts'
import { withoutKeysInErrors } from '../../upstream/redaction.ts'
import { factsOfWhole } from './answer-facts.ts'
import { JsonTap } from './json-tap.ts'
import { ByteList } from '../../spool/byte-list.ts'
import { judgeAnswer, unpacked } from './judge-answer.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { AnswerHead, AnswerOutput, AnswerReader } from './answer.ts'

/** How much of an answer is looked at before the client gets a status. A smaller answer is known whole. */
const HEAD_BYTES = 65_536

/** An answer in one JSON object: judged by its beginning, handed on byte for byte, its usage read in passing. */
export class JsonAnswer implements AnswerReader {
  facts: AnswerFacts | undefined
  readonly isBetweenEvents = false
  readonly #head: AnswerHead
  readonly #output: AnswerOutput
  /** Bytes that have not been judged yet. */
  readonly #waiting = new ByteList()
  #isJudged = false
  #tap: JsonTap | undefined

  constructor(head: AnswerHead, output: AnswerOutput) {
    this.#head = head
    this.#output = output
  }

  write(chunk: Buffer): void {
    if (this.#isJudged) {
      this.#tap?.write(chunk)
      this.#output.write(chunk)
      return
    }
    this.#waiting.append(chunk)
    if (this.#waiting.bytes >= HEAD_BYTES) this.#judge(false)
  }

  end(): void {
    if (!this.#isJudged) return this.#judge(true)
    this.#readFacts()
    // A clean end of the connection in the middle of the JSON is a break all the same.
    if (this.facts?.isObject === true && !this.facts.isComplete)
      this.#output.abort(brokenOff(new Error('the answer ended too early')))
  }

  /** A refusal whose body breaks off or stalls is a refusal all the same: its status has said so. */
  abort(): boolean {
    const { status } = this.#head
    if (this.#isJudged || (status >= 200 && status < 300)) {
      this.#readFacts()
      return false
    }
    this.#judge(true)
    return true
  }

  closingBytes(): undefined {
    return undefined
  }

  #readFacts(): void {
    if (this.#tap !== undefined) this.facts = this.#tap.facts()
  }

  /** Decides from the head whether these are images. Of what is not, only the head is read. */
  #judge(isWhole: boolean): void {
    this.#isJudged = true
    const head = this.#waiting.joined()
    this.#waiting.clear()
    const readable = isWhole ? unpacked(head, this.#head.headers) : head
    this.facts = isWhole ? factsOfWhole(readable) : this.#tapHead(head)
    const error = judgeAnswer({ ...this.#head, body: readable, isWhole, facts: this.facts })
    if (error !== undefined) return this.#output.abort(error)
    this.#output.begin()
    this.#output.write(isWhole ? withoutKeysInErrors(head, this.#head.redact) : head)
  }

  #tapHead(head: Buffer): AnswerFacts {
    this.#tap = new JsonTap()
    this.#tap.write(head)
    return this.#tap.facts()
  }
}
