// The pictures of a review: the merged one large, every version below it, all showing the same place.
import { SegmentedControl } from '@mantine/core'
import type { CSSProperties } from 'react'
import type { ClassSpec } from '@/document'
import type { Hint } from '@/tools'
import { Kbd } from '@/ui/Kbd'
import { counted } from '@/ui/format'
import type { WireObject } from '@/ui/shapes/schema'
import { ClassName } from './DisagreementCard'
import { MainShapes, PaneShapes, SketchLayer } from './layers'
import type { LinkedView } from './linkedView'
import { marksOf } from './marks'
import { PictureView } from './PictureView'
import classes from './review.module.css'
import type { usePencil } from './usePencil'
import { digitOf, type Choices, type Contested, type Review } from './verdicts'

interface Props {
  review: Review
  links: LinkedView
  choices: Choices
  contested: readonly Contested[]
  selected: string | null
  overlay: boolean
  onOverlay: (overlay: boolean) => void
  pencil: ReturnType<typeof usePencil>
  /** The object in the hand of a tool. */
  edited: WireObject | null
  onSelect: (id: string) => void
}

/** More panes than this share the width of so many and scroll. */
const MOST_ABREAST = 4

export function Stage(props: Props) {
  const { review, overlay, onOverlay } = props
  const { answers } = review
  const panes = { '--panes': Math.min(Math.max(answers.length, 2), MOST_ABREAST) } as CSSProperties
  return (
    <div className={classes.centre}>
      <div className="pl-row">
        <SegmentedControl
          size="xs"
          aria-label="How versions are shown"
          value={overlay ? 'overlay' : 'compare'}
          onChange={(value) => {
            onOverlay(value === 'overlay')
          }}
          data={[
            { value: 'compare', label: 'Compare' },
            { value: 'overlay', label: 'Overlay' },
          ]}
        />
        <span className="pl-grow" />
        <span className={classes.legend}>
          <i data-kind="merge" /> merged
        </span>
        <span className={classes.legend}>
          <i data-kind="hatch" /> disagreement
        </span>
      </div>
      <Merged {...props} />
      <div className={classes.panes} style={panes} hidden={overlay}>
        {answers.map((answer) => (
          <Version key={answer.lease_id} answer={answer} {...props} />
        ))}
      </div>
    </div>
  )
}

function Merged({ review, links, choices, contested, selected, overlay, pencil, edited, onSelect }: Props) {
  const { image, objects, answers } = review
  const ontology = review.ontology.classes
  return (
    <section className={classes.paneCard} data-main aria-label="Merged consensus">
      <header>
        <b>Merged consensus</b>
        <span className="pl-faint pl-small">{counted(objects.length, 'object')}</span>
        <span className="pl-grow" />
        {pencil.hint === null ? <Hints /> : <ToolHint hint={pencil.hint} />}
      </header>
      <PictureView
        image={image}
        links={links}
        isMain
        label="Merged consensus"
        marks={marksOf(contested, choices, selected)}
        onMark={onSelect}
        surface={pencil.surface}
      >
        {(hatch) => (
          <>
            <MainShapes
              objects={objects}
              choices={choices}
              ontology={ontology}
              answers={answers.length}
              selected={selected}
              editing={edited?.id ?? null}
              overlay={overlay}
              hatch={hatch}
              onSelect={onSelect}
            />
            <SketchLayer sketch={pencil.sketch} edited={edited} ontology={ontology} />
          </>
        )}
      </PictureView>
    </section>
  )
}

function Hints() {
  return (
    <>
      <span className="pl-faint pl-small">previous / next disagreement</span>
      <Kbd>[</Kbd>
      <Kbd>]</Kbd>
      <span className="pl-faint pl-small">fit</span>
      <Kbd>F</Kbd>
    </>
  )
}

function ToolHint({ hint }: { hint: Hint }) {
  return (
    <span className={classes.hint} role="status">
      <b>{hint.title}</b>
      {hint.rest.map((part, i) => (typeof part === 'string' ? <span key={i}>{part}</span> : <Kbd key={i}>{part.key}</Kbd>))}
    </span>
  )
}

function Version({ review, links, selected, onSelect, answer }: Props & { answer: Review['answers'][number] }) {
  const { image, objects, answers } = review
  const ontology = review.ontology.classes
  const current = objects.find((o) => o.object.id === selected)
  const drawn = current?.versions.find((v) => v.lease_id === answer.lease_id)?.object ?? null
  return (
    <section className={classes.paneCard} aria-label={`Version ${answer.label}`}>
      <header>
        <span className={classes.letter} aria-hidden>
          {answer.label}
        </span>
        <b>Version {answer.label}</b>
        <span className="pl-faint pl-small">{counted(answer.objects, 'object')}</span>
      </header>
      <PictureView image={image} links={links} isMain={false} label={`Version ${answer.label}`}>
        {() => (
          <PaneShapes objects={objects} leaseId={answer.lease_id} ontology={ontology} selected={selected} onSelect={onSelect} />
        )}
      </PictureView>
      <footer>
        {current === undefined ? null : <Drawn object={drawn} ontology={ontology} digit={digitOf(answers, answer.lease_id)} />}
      </footer>
    </section>
  )
}

function Drawn({ object, ontology, digit }: { object: WireObject | null; ontology: readonly ClassSpec[]; digit: number }) {
  if (object === null) return <span className={classes.absent}>drew nothing here</span>
  return (
    <>
      <ClassName ontology={ontology} classId={object.class_id} />
      <span className="pl-faint pl-small">{object.shape.type.replace('_', ' ')}</span>
      <span className="pl-grow" />
      <Kbd>{digit}</Kbd>
    </>
  )
}
