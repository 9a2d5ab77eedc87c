import { receiveForm } from './form-body.ts'
import { receiveJsonEdit } from './json-edit-body.ts'
import type { Endpoint } from './endpoint.ts'

/** `client.images.edit`: a form with files, or JSON with URLs and data URLs. */
export const imagesEdits: Endpoint = {
  operation: 'images.edits',
  path: '/v1/images/edits',
  events: 'image_edit',
  body: {
    contentTypes: ['multipart/form-data', 'application/json'],
    receive: (upload, options) =>
      /^application\/json\b/i.test(upload.contentType)
        ? receiveJsonEdit(upload, options)
        : receiveForm('images.edits', upload, options),
  },
}
