import { extensionOf } from '../../pictures/picture.ts'
import type { Draft } from '../../pictures/draft.ts'
import type { Links } from '../../pictures/links.ts'
import type { Picture, PictureOrigin } from '../../pictures/picture.ts'
import type { Shelf } from '../../pictures/shelf.ts'
import type { OrderShelf } from '../answers/links/arriving-picture.ts'

/** The shelf, and the links to it. */
export interface Pictures {
  readonly shelf: Shelf
  readonly links: Links
  /** @param label the model's, for metrics */
  readonly onKept: (label: string) => void
  /** A picture goes to its client as it came, since it could not be kept. */
  readonly onNotKept: (label: string, error: unknown, origin: PictureOrigin) => void
}

/** The order, and the label of its model. */
export interface PicturesOrder {
  readonly origin: PictureOrigin
  readonly label: string
}

/** The pictures that one order puts on the shelf. */
export class OrderPictures implements OrderShelf {
  readonly #pictures: Pictures
  readonly #order: PicturesOrder
  readonly #kept: Picture[] = []
  #isWithdrawn = false

  constructor(pictures: Pictures, order: PicturesOrder) {
    this.#pictures = pictures
    this.#order = order
  }

  begin(onChange: () => void): Draft {
    return this.#pictures.shelf.draft(onChange)
  }

  async put(draft: Draft, format: string | undefined): Promise<string> {
    const { shelf, links, onKept } = this.#pictures
    const { origin, label } = this.#order
    const picture = await shelf.put(draft, extensionOf(format), origin)
    this.#kept.push(picture)
    onKept(label)
    if (this.#isWithdrawn) this.withdraw()
    return links.linkTo(picture)
  }

  withdraw(): void {
    this.#isWithdrawn = true
    // A picture that cannot be removed now expires like any other.
    for (const picture of this.#kept.splice(0)) this.#pictures.shelf.remove(picture).catch(() => {})
  }

  failed(error: unknown): void {
    const { origin, label } = this.#order
    this.#pictures.onNotKept(label, error, origin)
  }
}
