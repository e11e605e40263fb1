import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { Route, Router, Switch } from 'wouter'
import { useMay } from './api/me.ts'
import { queries } from './api/session.ts'
import { entryRoutes } from './entry/routes.ts'
import { Threshold } from './entry/threshold.tsx'
import { nonce } from './facts.ts'
import { CrashGuard } from './shell/crash.tsx'
import { Gate } from './shell/gate.tsx'
import { signedInRoutes } from './shell/map.ts'
import { NotAllowed, NotFound } from './shell/not-found.tsx'
import type { PageRoute } from './shell/routes.ts'
import { Shell } from './shell/shell.tsx'
import { cssVariables, theme } from './theme.ts'

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <CrashGuard>
          <Router base="/console">
            <Switch>
              {entryRoutes.map(({ path, page: View }) => (
                <Route key={path} path={path}>
                  <Threshold>
                    <View />
                  </Threshold>
                </Route>
              ))}
              <Route>
                <Gate>
                  <Shell>
                    <Switch>
                      {signedInRoutes.map((each) => (
                        <Route key={each.path} path={each.path}>
                          <Guarded route={each} />
                        </Route>
                      ))}
                      <Route>
                        <NotFound />
                      </Route>
                    </Switch>
                  </Shell>
                </Gate>
              </Route>
            </Switch>
          </Router>
        </CrashGuard>
      </QueryClientProvider>
    </MantineProvider>
  )
}

function Guarded({ route: { page: View, needs } }: { readonly route: PageRoute }) {
  const may = useMay(needs ?? 'account:read')
  return may ? <View /> : <NotAllowed />
}
