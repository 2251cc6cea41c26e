// The page /docs: every operation, to read and to try. Its files are ours; nothing is loaded from elsewhere.
import 'swagger-ui-dist/swagger-ui.css'
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle'

SwaggerUI({
  url: '/openapi.json',
  dom_id: '#operations',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // A session of the web needs this header for everything that changes something.
  requestInterceptor: (request: { headers: Record<string, string> }) => {
    request.headers['X-Plumbline'] = '1'
    return request
  },
})
