// The organisation's models: taking one in, what each is, and which of its versions goes by a name.
import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconBrain, IconPlus, IconSearch } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { powersOf, useMe } from '@/api/session'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Page } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { Rows } from '@/ui/Rows'
import { usePages } from '@/ui/pages'
import { toast } from '@/ui/toast'
import { AddModelDialog } from './AddModelDialog'
import { fetchModels, modelsKey, type Draft, type ModelVersion } from './data'
import { pickedFromDrop } from './drops'
import { HowTo } from './HowTo'
import { ModelDrawer } from './ModelDrawer'
import { ModelTable } from './ModelTable'
import classes from './models.module.css'
import type { Bundle, Picked } from './picked'
import { beginSending, resumeSending, type Sending } from './sending'
import { SendingList } from './SendingList'
import { STATES, STATE_WORDS } from './words'

const TYPING_PAUSE_MS = 300
const CHECKING_MS = 1_500

type Adding = { readonly picked?: readonly Picked[]; readonly amended?: Sending } | null

export default function ModelsPage() {
  const me = useMe()
  if (!powersOf(me).keepsModels)
    return (
      <Page title="Models">
        <EmptyState icon={IconBrain} title="Models belong to clients">
          The people who keep a client’s projects take models in and choose which of them pre-label.
        </EmptyState>
      </Page>
    )
  return <Models />
}

function Models() {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const navigate = useNavigate()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [state, setState] = useState<(typeof STATES)[number] | null>(null)
  const [adding, setAdding] = useState<Adding>(null)
  const [searched] = useDebouncedValue(name.trim(), TYPING_PAUSE_MS)
  const filter = { ...(searched === '' ? {} : { name: searched }), ...(state === null ? {} : { state }) }
  const pages = usePages<ModelVersion>({
    key: [...modelsKey, 'list', filter],
    fetch: (after, signal) => fetchModels(filter, after, signal),
    refetchInterval: (items) => (items.some((model) => model.state === 'validating') ? CHECKING_MS : false),
  })
  const filtered = Object.keys(filter).length > 0
  const open = (model: number | null) => {
    void navigate({ to: '/models', search: model === null ? {} : { model }, replace: true })
  }
  const send = (draft: Draft, bundle: Bundle | null) => {
    if (adding?.amended !== undefined) resumeSending(adding.amended.key, draft)
    else if (bundle !== null)
      beginSending({
        fileName: bundle.name,
        blob: bundle.blob,
        draft,
        onAdded: (model) => {
          toast(`${model.name} ${model.version} is here and is being checked`)
          void client.invalidateQueries({ queryKey: modelsKey })
        },
      })
    setAdding(null)
  }
  const add = (
    <Button
      size="xs"
      leftSection={<IconPlus size={15} aria-hidden />}
      onClick={() => {
        setAdding({})
      }}
    >
      Add a model
    </Button>
  )
  const empty = pages.isSuccess && pages.items.length === 0
  return (
    <>
    <div
      className={classes.dropPage}
      onDragOver={(event) => {
        event.preventDefault()
      }}
      onDrop={(event) => {
        event.preventDefault()
        void pickedFromDrop(event.dataTransfer).then((picked) => {
          if (picked.length > 0) setAdding({ picked })
        })
      }}
    >
      <Page title="Models" hint="Weights that pre-label your pictures" actions={add}>
        <SendingList
          onAmend={(amended) => {
            setAdding({ amended })
          }}
        />
        <Card
          title="Versions"
          head={
            <span className={classes.filters}>
              <TextInput
                size="xs"
                type="search"
                aria-label="Whole name of the model"
                placeholder="Whole name"
                leftSection={<IconSearch size={14} aria-hidden />}
                value={name}
                onChange={(event) => {
                  setName(event.currentTarget.value)
                }}
              />
              <Select
                size="xs"
                aria-label="State"
                placeholder="Any state"
                clearable
                w={140}
                value={state}
                onChange={(value) => {
                  setState(STATES.find((one) => one === value) ?? null)
                }}
                data={STATES.map((value) => ({ value, label: STATE_WORDS[value] }))}
                clearButtonProps={{ 'aria-label': 'Any state' }}
              />
            </span>
          }
        >
          {pages.isPending ? <Rows count={5} height={46} /> : null}
          {pages.isError ? <ErrorPanel error={pages.error} onRetry={() => void pages.refetch()} /> : null}
          {empty && filtered ? (
            <EmptyState icon={IconSearch} title="No model matches">
              A name is looked for as a whole, with the same capitals.
            </EmptyState>
          ) : null}
          {empty && !filtered ? (
            <EmptyState icon={IconBrain} title="No model yet" action={add}>
              Drop one anywhere on this page: a zip, a tar, a single file or a folder. It is checked in a closed room
              before anybody can use it.
            </EmptyState>
          ) : null}
          {pages.items.length > 0 ? (
            <ModelTable
              models={pages.items}
              onOpen={(model) => {
                open(model.id)
              }}
            />
          ) : null}
          <Pager {...pages} />
        </Card>
        <HowTo opened={empty && !filtered} />
      </Page>
    </div>
      {adding === null ? null : (
        <AddModelDialog
          {...(adding.picked === undefined ? {} : { picked: adding.picked })}
          {...(adding.amended === undefined ? {} : { draft: adding.amended.draft, fileName: adding.amended.fileName })}
          onSend={send}
          onClose={() => {
            setAdding(null)
          }}
        />
      )}
      {Number(search.model) > 0 ? (
        <ModelDrawer
          id={Number(search.model)}
          onClose={() => {
            open(null)
          }}
        />
      ) : null}
    </>
  )
}
