// One letter in full: why it died and what helps, what it is about, the message itself, and each time that it died.
import { ActionIcon, Button, CopyButton, Drawer, Skeleton } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconCopy } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Pill, type Tone } from '@/ui/Pill'
import { RelativeTime } from '@/ui/RelativeTime'
import { storyQuery, type Letter, type Story } from './data'
import classes from './drawer.module.css'
import type { LetterState } from './filters'
import { STATE_WORDS, kindOf, readable, reasonOf, subjectOf } from './words'

interface Props {
  letterId: number
  mayAct: boolean
  onStep: ((step: 1 | -1) => void) | null
  onRedrive: (letter: Letter) => void
  onDiscard: (letter: Letter) => void
  onClose: () => void
}

const PARTS = {
  content: classes.drawer ?? '',
  header: classes.head ?? '',
  title: classes.title ?? '',
  close: classes.close ?? '',
  body: classes.body ?? '',
}

const TONES: Readonly<Record<LetterState, Tone | undefined>> = { dead: 'bad', redriven: 'ok', discarded: undefined }

export function LetterDrawer({ letterId, mayAct, onStep, onRedrive, onDiscard, onClose }: Props) {
  const story = useQuery(storyQuery(letterId))
  const letter = story.data?.letter
  return (
    <Drawer.Root opened position="right" size={520} onClose={onClose} classNames={PARTS}>
      <Drawer.Overlay backgroundOpacity={0.35} />
      <Drawer.Content>
        <Drawer.Header>
          <Drawer.Title>Letter {letterId}</Drawer.Title>
          {letter === undefined ? null : (
            <Pill small tone={TONES[letter.state]}>
              {STATE_WORDS[letter.state]}
            </Pill>
          )}
          <span className="pl-grow" />
          {onStep === null ? null : (
            <>
              <ActionIcon
                variant="default"
                aria-label="Previous letter"
                onClick={() => {
                  onStep(-1)
                }}
              >
                <IconChevronLeft size={16} aria-hidden />
              </ActionIcon>
              <ActionIcon
                variant="default"
                aria-label="Next letter"
                onClick={() => {
                  onStep(1)
                }}
              >
                <IconChevronRight size={16} aria-hidden />
              </ActionIcon>
            </>
          )}
          <Drawer.CloseButton aria-label="Close" />
        </Drawer.Header>
        {/* It scrolls, and may hold nothing else that takes the focus. */}
        <Drawer.Body tabIndex={0} role="region" aria-label="The letter">
          {story.isError ? <ErrorPanel error={story.error} onRetry={() => void story.refetch()} /> : null}
          {story.isPending ? <Loading /> : null}
          {story.data === undefined ? null : <Whole story={story.data} />}
        </Drawer.Body>
        {letter !== undefined && mayAct && letter.state === 'dead' ? (
          <footer className={classes.foot}>
            <Button
              onClick={() => {
                onRedrive(letter)
              }}
            >
              Re-drive
            </Button>
            <Button
              variant="default"
              data-danger
              onClick={() => {
                onDiscard(letter)
              }}
            >
              Discard
            </Button>
            <span className="pl-small pl-faint">Neither can be taken back.</span>
          </footer>
        ) : null}
      </Drawer.Content>
    </Drawer.Root>
  )
}

function Whole({ story: { letter, text, history } }: { story: Story }) {
  return (
    <>
      <div className={classes.subject}>
        {letter.about.thumbnail_url === null ? null : <img src={letter.about.thumbnail_url} alt="" />}
        <div>
          <h3>{kindOf(letter.kind)}</h3>
          <code>{subjectOf(letter)}</code>
          <Places letter={letter} />
        </div>
      </div>
      <Part title="Why it died">
        <p>
          <b>{reasonOf(letter.reason)}</b> <code>{letter.reason}</code>
        </p>
        {letter.error ? <p className={classes.error}>{letter.error}</p> : null}
        {letter.state === 'dead' ? <p className={classes.remedy}>{letter.remedy}</p> : null}
      </Part>
      <Part title="Facts">
        <Facts letter={letter} />
      </Part>
      <Part
        title="Message"
        action={
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button size="compact-xs" variant="subtle" leftSection={<IconCopy size={13} aria-hidden />} onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        }
      >
        <pre className={classes.message} tabIndex={0} aria-label="Text of the message">
          {readable(text)}
        </pre>
      </Part>
      <Part title="History">
        <History history={history} />
      </Part>
    </>
  )
}

function Part({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.part}>
      <div className="pl-row">
        <h4 className="pl-caps pl-grow">{title}</h4>
        {action}
      </div>
      {children}
    </section>
  )
}

/** The ways to what the letter is about, as far as a page shows it. */
function Places({ letter: { about } }: { letter: Letter }) {
  if (about.project_id === null) return null
  const params = { projectId: about.project_id }
  if (about.image_state === 'quarantined')
    return (
      <Link to="/projects/$projectId/quarantine" params={params}>
        Open the quarantine
      </Link>
    )
  if (about.image_id !== null && about.key !== null)
    return (
      <Link to="/projects/$projectId/images" params={params} search={{ key: about.key }}>
        Open the image
      </Link>
    )
  return (
    <Link to="/projects/$projectId" params={params}>
      Open the project
    </Link>
  )
}

function Facts({ letter }: { letter: Letter }) {
  const { about } = letter
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Queue', letter.queue],
    ['Tries', String(letter.attempts)],
    ['Sent', <RelativeTime key="sent" at={letter.sent_at} />],
    ['Died', <RelativeTime key="died" at={letter.died_at} />],
    ['Task', about.task_id],
    ['Image', about.image_id === null ? null : `${String(about.image_id)} (${about.image_state ?? 'not found'})`],
    ['Bucket', about.bucket],
    ['Webhook', about.webhook_id],
    ['Re-driven before', letter.redriven_before > 0 ? letter.redriven_before : null],
    ['Message id', <code key="message">{letter.message_id}</code>],
    ['Trace', letter.trace_id === null ? null : <code key="trace">{letter.trace_id}</code>],
  ]
  return (
    <dl className={classes.facts}>
      {facts
        .filter(([, value]) => value !== null)
        .map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}

function History({ history }: { history: Story['history'] }) {
  return (
    <ol className={classes.history}>
      {history.map((death) => (
        <li key={death.id}>
          <p>
            Died of <b>{reasonOf(death.reason).toLowerCase()}</b> <RelativeTime at={death.died_at} />
          </p>
          {death.settled_at === null ? null : (
            <p className="pl-soft">
              {STATE_WORDS[death.state]} by {death.settled_by ?? 'the operator'} <RelativeTime at={death.settled_at} />
              {death.note === null ? null : <>: “{death.note}”</>}
            </p>
          )}
        </li>
      ))}
    </ol>
  )
}

function Loading() {
  return (
    <div aria-busy="true" aria-label="Loading">
      {[60, 90, 140, 200].map((height) => (
        <Skeleton key={height} height={height} mb={14} />
      ))}
    </div>
  )
}
