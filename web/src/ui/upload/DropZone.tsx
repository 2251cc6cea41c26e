// A place to drop files or a folder on; both can be chosen by hand too.
import { Button } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useRef, useState, type ReactNode } from 'react'
import classes from './upload.module.css'

interface Props {
  /** What may be dropped, such as `Drop a zip or a folder here`. */
  title: string
  children?: ReactNode
  onDrop: (data: DataTransfer) => void
  onChoose: (files: FileList | null) => void
}

export function DropZone({ title, children, onDrop, onChoose }: Props) {
  const [over, setOver] = useState(false)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const input = (label: string, ref: typeof files, options: Record<string, string>) => (
    <input
      ref={ref}
      type="file"
      multiple
      className="pl-hidden"
      tabIndex={-1}
      aria-label={label}
      {...options}
      onChange={(event) => {
        onChoose(event.currentTarget.files)
        event.currentTarget.value = ''
      }}
    />
  )
  return (
    <div
      className={classes.zone}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => {
        setOver(false)
      }}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        onDrop(event.dataTransfer)
      }}
    >
      <IconUpload size={22} stroke={1.6} aria-hidden />
      <b>{title}</b>
      <span className="pl-small pl-soft">{children}</span>
      {input('Files to upload', files, {})}
      {input('Folder to upload', folder, { webkitdirectory: '' })}
      <span className={classes.choices}>
        <Button size="xs" variant="default" onClick={() => files.current?.click()}>
          Choose files
        </Button>
        <Button size="xs" variant="default" onClick={() => folder.current?.click()}>
          Choose a folder
        </Button>
      </span>
    </div>
  )
}
