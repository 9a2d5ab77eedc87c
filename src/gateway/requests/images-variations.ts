import { receiveForm } from './form-body.ts'
import type { Endpoint } from './endpoint.ts'

/** `client.images.createVariation`: a form with one file. */
export const imagesVariations: Endpoint = {
  operation: 'images.variations',
  path: '/v1/images/variations',
  events: undefined,
  body: {
    contentTypes: ['multipart/form-data'],
    receive: (upload, options) => receiveForm('images.variations', upload, options),
  },
}
