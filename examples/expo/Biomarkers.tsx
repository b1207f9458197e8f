// The person's biomarkers, newest first.
import { type Biomarker, isLoopError, useLoop } from "@platform/sdk-expo";
import { useEffect, useState } from "react";
import { FlatList, StyleSheet, Text, View } from "react-native";

export function Biomarkers() {
  const { client } = useLoop();
  const [items, setItems] = useState<readonly Biomarker[]>([]);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const leaving = new AbortController();
    client?.clinical.listBiomarkers({}, { signal: leaving.signal }).then(
      (page) => setItems(page.items),
      (error: unknown) => {
        if (!leaving.signal.aborted) setProblem(isLoopError(error) ? error.message : "Something went wrong.");
      },
    );
    return () => leaving.abort();
  }, [client]);

  if (problem !== null) return <Text accessibilityRole="alert">{problem}</Text>;
  return (
    <FlatList
      data={items}
      keyExtractor={(item) => item.id}
      renderItem={({ item }) => (
        <View style={styles.row}>
          <Text style={styles.name}>{item.biomarker_name}</Text>
          <Text>
            {item.value} {item.unit} · {item.status}
          </Text>
        </View>
      )}
    />
  );
}

const styles = StyleSheet.create({
  row: { paddingVertical: 10, borderBottomWidth: StyleSheet.hairlineWidth, borderColor: "#8885" },
  name: { fontSize: 16, fontWeight: "500" },
});
