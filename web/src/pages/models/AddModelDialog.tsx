// Takes a model in: what is dropped, and what is said of it. Sending goes on behind, on the page.
import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconFileZip, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { bytes, counted } from '@/ui/format'
import { DropZone } from '@/ui/upload/DropZone'
import type { Draft } from './data'
import { pickedFromDrop, pickedFromInput } from './drops'
import { bundleOf, isPickle, linesOf, nameFrom, type Bundle, type Picked } from './picked'
import classes from './models.module.css'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const VERSION = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})?$/

export const EMPTY_DRAFT: Draft = { name: '', version: '', licence: '', notes: '', classes: [] }

interface Props {
  /** What was dropped on the page already. */
  picked?: readonly Picked[]
  /** What was said before, when a version is sent in once more. */
  draft?: Draft
  /** A file that is there already: only the words are asked for. */
  fileName?: string | undefined
  onSend: (draft: Draft, bundle: Bundle | null) => void
  onClose: () => void
}

export function AddModelDialog({ picked, draft, fileName, onSend, onClose }: Props) {
  return (
    <Modal opened onClose={onClose} title="Add a model" size={560} closeButtonProps={{ 'aria-label': 'Close' }}>
      <AddModelForm picked={picked ?? []} draft={draft ?? EMPTY_DRAFT} fileName={fileName} onSend={onSend} onClose={onClose} />
    </Modal>
  )
}

function AddModelForm({ picked, draft: given, fileName, onSend, onClose }: Props & { picked: readonly Picked[]; draft: Draft }) {
  const first = read(picked)
  const [{ bundle, problem }, setRead] = useState(first)
  const [draft, setDraft] = useState<Draft>({ ...given, name: given.name || (first.bundle ? nameFrom(first.bundle.name) : '') })
  const [classText, setClassText] = useState(given.classes.join('\n'))
  const [tried, setTried] = useState(false)
  const set = (changed: Partial<Draft>) => {
    setDraft({ ...draft, ...changed })
  }
  const take = async (files: readonly Picked[]) => {
    const next = read(files)
    setRead(next)
    if (next.bundle === null) return
    const { name, classesFile } = next.bundle
    setDraft((now) => ({ ...now, name: now.name || nameFrom(name) }))
    if (classesFile !== null) setClassText(await classesFile.text())
  }
  const nameProblem = NAME.test(draft.name) ? null : 'Letters, digits, dot, dash and underscore; it begins with a letter or digit.'
  const versionProblem = VERSION.test(draft.version) ? null : 'Letters, digits, dot, dash and underscore.'
  const there = bundle !== null || fileName !== undefined
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (there && nameProblem === null && versionProblem === null)
          onSend({ ...draft, classes: linesOf(classText) }, bundle)
      }}
    >
      {there ? (
        <Chosen
          name={bundle?.name ?? fileName ?? ''}
          bundle={bundle}
          onClear={
            bundle === null
              ? undefined
              : () => {
                  setRead({ bundle: null, problem: null })
                }
          }
        />
      ) : (
        <DropZone
          title="Drop the model here"
          onDrop={(data) => void pickedFromDrop(data).then(take)}
          onChoose={(files) => void take(pickedFromInput(files))}
        >
          A zip or tar, an .onnx or .safetensors file, or a whole folder; a classes.txt may lie beside it.
        </DropZone>
      )}
      <Problem text={problem ?? (tried && !there ? 'Choose the files of a model first.' : null)} />
      <div className={classes.pair}>
        <TextInput
          label="Name"
          placeholder="weeds-yolo11"
          description="Versions of one model share it."
          maxLength={100}
          value={draft.name}
          error={tried ? nameProblem : null}
          onChange={(event) => {
            set({ name: event.currentTarget.value })
          }}
        />
        <TextInput
          label="Version"
          placeholder="the next number"
          description="Left empty, it counts on."
          maxLength={40}
          value={draft.version}
          error={tried ? versionProblem : null}
          onChange={(event) => {
            set({ version: event.currentTarget.value })
          }}
        />
      </div>
      <Textarea
        label="Classes, one a line"
        description="Only if no classes.txt, data.yaml or id2label is among the files."
        autosize
        minRows={2}
        maxRows={7}
        value={classText}
        onChange={(event) => {
          setClassText(event.currentTarget.value)
        }}
      />
      <TextInput
        label="Licence"
        placeholder="Apache-2.0"
        maxLength={200}
        value={draft.licence}
        onChange={(event) => {
          set({ licence: event.currentTarget.value })
        }}
      />
      <Textarea
        label="Notes"
        placeholder="Trained on July, 4,000 pictures"
        autosize
        minRows={2}
        maxRows={6}
        maxLength={5_000}
        value={draft.notes}
        onChange={(event) => {
          set({ notes: event.currentTarget.value })
        }}
      />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit">{bundle === null && fileName !== undefined ? 'Add' : 'Upload'}</Button>
      </Group>
    </form>
  )
}

interface Read {
  readonly bundle: Bundle | null
  readonly problem: string | null
}

function read(picked: readonly Picked[]): Read {
  if (picked.length === 0) return { bundle: null, problem: null }
  try {
    const bundle = bundleOf(picked)
    return { bundle, problem: bundle === null ? 'No weights among these files; drop them together with their classes.' : null }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { bundle: null, problem: error.message }
  }
}

function Problem({ text }: { text: string | null }) {
  return (
    <div role="alert" className={classes.problem}>
      {text}
    </div>
  )
}

function Chosen({ name, bundle, onClear }: { name: string; bundle: Bundle | null; onClear: (() => void) | undefined }) {
  return (
    <div className={classes.chosen}>
      <IconFileZip size={20} stroke={1.6} aria-hidden />
      <span className="pl-grow">
        <b>{name}</b>
        {bundle === null ? (
          <span className="pl-small pl-soft">is uploaded already</span>
        ) : (
          <span className="pl-small pl-soft">
            {bytes(bundle.blob.size)}
            {bundle.files > 1 ? ` · ${counted(bundle.files, 'file')}, packed here` : ''}
            {bundle.classesFile === null ? '' : ` · classes from ${bundle.classesFile.name}`}
          </span>
        )}
        {isPickle(name) ? (
          <span className={classes.caution}>
            <IconAlertTriangle size={14} aria-hidden /> A file of this kind can run code and will be refused. Export the
            model to ONNX, or save its weights as safetensors.
          </span>
        ) : null}
      </span>
      {onClear === undefined ? null : (
        <Button size="xs" variant="subtle" leftSection={<IconX size={14} aria-hidden />} onClick={onClear}>
          Other files
        </Button>
      )}
    </div>
  )
}
