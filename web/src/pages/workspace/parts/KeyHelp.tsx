// Every key that works on this page, as the registry has them.
import { Modal } from '@mantine/core'
import { Kbd } from '@/ui/Kbd'
import type { KeyCommand, KeyRegistry } from '../keys/registry'
import classes from './workspace.module.css'

interface KeyHelpProps {
  registry: KeyRegistry
  isOpen: boolean
  onClose: () => void
}

const BY_POINTER: readonly (readonly [string, string])[] = [
  ['Wheel, pinch', 'Zoom at the cursor'],
  ['Space-drag, middle button', 'Pan with any tool'],
  ['Alt-click', 'Not part of the thing (extreme points); remove a point; begin a hole (polygon)'],
  ['Shift-click', 'Select several'],
  ['Click again', 'The object below'],
]

export function KeyHelp({ registry, isOpen, onClose }: KeyHelpProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keys" size={760} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className={classes.keys}>
        {[...grouped(registry.commands)].map(([group, commands]) => (
          <section key={group}>
            <h3 className="pl-caps">{group}</h3>
            <dl>
              {commands.map((command) => (
                <div key={command.id}>
                  <dt>
                    {command.keys.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dt>
                  <dd>{command.label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3 className="pl-caps">Pointer</h3>
          <dl>
            {BY_POINTER.map(([how, what]) => (
              <div key={how}>
                <dt>{how}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Modal>
  )
}

function grouped(commands: readonly KeyCommand[]): ReadonlyMap<string, readonly KeyCommand[]> {
  const groups = new Map<string, KeyCommand[]>()
  for (const command of commands) groups.set(command.group, [...(groups.get(command.group) ?? []), command])
  return groups
}
