import Fastify from 'fastify'

/** A program of its own: the least that Fastify does to parse a JSON body and refuse it. Its argument is the port. */
const server = Fastify({ logger: false })
server.post('/v1/images/generations', (request, reply) => {
  const { size } = request.body as { size?: unknown }
  if (size === '1024x1024') return reply.send({ created: 1, data: [] })
  return reply
    .code(400)
    .send({ error: { message: 'Invalid size.', type: 'invalid_request_error', param: 'size', code: null } })
})
await server.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
