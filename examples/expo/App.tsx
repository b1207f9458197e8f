// The quickstart as an app: connect with Loop, see your biomarkers, sign out.
import { LoopProvider, useLoop } from "@platform/sdk-expo";
import { ActivityIndicator, Pressable, StyleSheet, Text, View } from "react-native";
import { Biomarkers } from "./Biomarkers";

const options = {
  clientId: process.env.EXPO_PUBLIC_LOOP_CLIENT_ID ?? "",
  redirectUri: "loop-example://callback",
  scopes: ["read:biomarkers"],
  environment: process.env.EXPO_PUBLIC_LOOP_ENVIRONMENT ?? "sandbox",
};

export default function App() {
  return (
    <LoopProvider options={options}>
      <Home />
    </LoopProvider>
  );
}

export function Home() {
  const { status, error, isBusy, signIn, disconnect } = useLoop();
  return (
    <View style={styles.screen}>
      <Text accessibilityRole="header" style={styles.title}>
        Your lab results, in one place
      </Text>
      {error !== null && (
        <Text accessibilityRole="alert" style={styles.error}>
          {error.message}
        </Text>
      )}
      {status === "loading" && <ActivityIndicator accessibilityLabel="Loading" />}
      {status === "connected" && (
        <View style={styles.list}>
          <Biomarkers />
          <Button title="Sign out" disabled={isBusy} onPress={() => void disconnect()} />
        </View>
      )}
      {(status === "disconnected" || status === "unknown") && (
        <Button title="Connect with Loop" disabled={isBusy} onPress={() => void signIn()} />
      )}
    </View>
  );
}

function Button({ title, disabled, onPress }: { title: string; disabled: boolean; onPress: () => void }) {
  return (
    <Pressable
      accessibilityRole="button"
      disabled={disabled}
      onPress={onPress}
      style={[styles.button, disabled && styles.disabled]}
    >
      <Text style={styles.buttonText}>{title}</Text>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  screen: { flex: 1, padding: 24, paddingTop: 72, gap: 16, backgroundColor: "#fff" },
  title: { fontSize: 24, fontWeight: "600", color: "#12201d" },
  error: { color: "#8a1220" },
  list: { flex: 1, gap: 16 },
  button: { backgroundColor: "#0b5d4b", borderRadius: 8, padding: 14, alignItems: "center" },
  disabled: { opacity: 0.5 },
  buttonText: { color: "#fff", fontSize: 16 },
});
