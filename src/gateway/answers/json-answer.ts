import { brokenOff } from '../../upstream/failures.ts'
import { withoutKeysInErrors } from '../../upstream/redaction.ts'
import { factsOfWhole } from './answer-facts.ts'
import { JsonTap } from './json-tap.ts'
import { ByteList } from '../../spool/byte-list.ts'
import { judgeAnswer, unpacked } from './judge-answer.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { JudgedAnswer } from './judge-answer.ts'
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
  readonly #waiting = new ByteList({ retainsSlabs: true })
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
    if (this.#waiting.bytes >= HEAD_BYTES) this.#judgeHead()
  }

  end(): void {
    if (!this.#isJudged) return this.#judgeWhole()
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
    this.#judgeWhole()
    return true
  }

  closingBytes(): undefined {
    return undefined
  }

  #readFacts(): void {
    if (this.#tap !== undefined) this.facts = this.#tap.facts()
  }

  #judgeWhole(): void {
    const whole = this.#waiting.joined()
    this.#waiting.clear()
    const readable = unpacked(whole, this.#head.headers)
    this.facts = factsOfWhole(readable)
    if (this.#judge({ ...this.#head, body: () => readable, isWhole: true, facts: this.facts }))
      this.#output.write(withoutKeysInErrors(whole, this.#head.redact))
  }

  /** Of what is no image, only the head is read. The pieces of an image are handed on as they came, not joined. */
  #judgeHead(): void {
    const waiting = this.#waiting
    this.#tap = new JsonTap()
    for (const piece of waiting.pieces()) this.#tap.write(piece)
    this.facts = this.#tap.facts()
    if (this.#judge({ ...this.#head, body: () => waiting.joined(), isWhole: false, facts: this.facts }))
      for (const piece of waiting.pieces()) this.#output.write(piece)
    waiting.clear()
  }

  /** Whether these are images; the output is told. */
  #judge(answer: JudgedAnswer): boolean {
    this.#isJudged = true
    const error = judgeAnswer(answer)
    if (error === undefined) this.#output.begin()
    else this.#output.abort(error)
    return error === undefined
  }
}
