// Guidelines on the page. What is written by people is never put in as HTML.
import { type Inline, readMarkdown } from './markdown'

export function Markdown({ text }: { text: string }) {
  return readMarkdown(text).map((block, i) => {
    switch (block.kind) {
      case 'heading': {
        // The page has an h1 and the panel stands below it.
        const Heading = block.level <= 1 ? 'h2' : block.level === 2 ? 'h3' : 'h4'
        return (
          <Heading key={i}>
            <Words parts={block.content} />
          </Heading>
        )
      }
      case 'paragraph':
        return (
          <p key={i}>
            <Words parts={block.content} />
          </p>
        )
      case 'list': {
        const List = block.isOrdered ? 'ol' : 'ul'
        return (
          <List key={i}>
            {block.items.map((item, j) => (
              <li key={j}>
                <Words parts={item} />
              </li>
            ))}
          </List>
        )
      }
      case 'code':
        return (
          <pre key={i}>
            <code>{block.text}</code>
          </pre>
        )
    }
  })
}

function Words({ parts }: { parts: readonly Inline[] }) {
  return parts.map((part, i) => {
    switch (part.kind) {
      case 'text':
        return part.text
      case 'bold':
        return <strong key={i}>{part.text}</strong>
      case 'italic':
        return <em key={i}>{part.text}</em>
      case 'code':
        return <code key={i}>{part.text}</code>
      case 'link':
        return (
          <a key={i} href={part.href} target="_blank" rel="noreferrer noopener">
            {part.text}
          </a>
        )
    }
  })
}
