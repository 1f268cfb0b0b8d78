using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Meshes;

public sealed class MeshFileTests
{
    private static readonly TriangleMesh Tetrahedron = new([new(100.5, 2, 3), new(201, 2, 3), new(100.5, 12, 3), new(100.5, 2, 33)], [0, 2, 1, 0, 3, 2, 0, 1, 3, 1, 2, 3]);

    private static byte[] Stl(TriangleMesh mesh)
    {
        using var stream = new MemoryStream();
        StlFile.Write(mesh, "solid as a rock", stream);
        return stream.ToArray();
    }

    [Fact]
    public void A_binary_STL_comes_back()
    {
        byte[] file = Stl(Tetrahedron);
        Assert.Equal(84 + 4 * 50, file.Length);
        Assert.StartsWith("ClemReg.Fiji, nm, x y z", Encoding.ASCII.GetString(file), StringComparison.Ordinal);
        // The first corner of the first triangle, after its normal: x, y, z.
        Assert.Equal([3f, 2f, 100.5f], Enumerable.Range(0, 3).Select(i => BitConverter.ToSingle(file, 84 + 12 + 4 * i)));
        TriangleMesh read = StlFile.Read(file, "t.stl");
        Assert.True(MeshCheck.Of(read) is { Watertight: true, Parts: 1 });
        Assert.Equal(Tetrahedron.Volume, read.Volume, 1e-3);
        Assert.Equal(1e9 * Tetrahedron.Volume, StlFile.Read(file, "t.stl", 1000).Volume, 1e6);
    }

    [Fact]
    public void A_text_STL_is_read_also_with_capitals_and_Windows_lines()
    {
        var text = new StringBuilder("solid thing\r\n");
        for (int t = 0; t < Tetrahedron.Count; t++)
        {
            text.Append("FACET NORMAL 0 0 0\r\n outer loop\r\n");
            foreach (Point3 p in new[] { Tetrahedron.Corners(t).A, Tetrahedron.Corners(t).B, Tetrahedron.Corners(t).C })
                text.Append(CultureInfo.InvariantCulture, $"  vertex {p.X:E6} {p.Y} {p.Z}\r\n");
            text.Append(" endloop\r\nendfacet\r\n");
        }
        string whole = text.Append("endsolid thing\r\n").ToString();
        TriangleMesh read = StlFile.Read(Encoding.ASCII.GetBytes(whole), "t.stl");
        Assert.Equal(Tetrahedron.Volume, read.Volume, 1e-3);
        Assert.True(MeshCheck.Of(read).Watertight);
        Refused(whole.Replace("endsolid", "", StringComparison.Ordinal), "t.stl");
        Refused(whole.Replace("1.005000E+002", "nan", StringComparison.Ordinal).Replace("100.5", "nan", StringComparison.Ordinal), "no place");
        Refused(whole.Replace("100.5", "1oo", StringComparison.Ordinal), "1oo");
        Refused(whole.Replace("endloop", "enough", StringComparison.Ordinal), "line 7");
        Refused(whole[..^40], "t.stl");
    }

    [Fact]
    public void A_binary_STL_that_is_cut_or_none_is_refused()
    {
        byte[] file = Stl(Tetrahedron);
        Assert.Contains("cut off", Assert.Throws<BadInputException>(() => StlFile.Read(file.AsSpan(0, file.Length - 1), "a.stl")).Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => StlFile.Read("hello"u8, "a.stl"));
        Assert.Throws<BadInputException>(() => StlFile.Read([], "a.stl"));
        BitConverter.GetBytes(float.NaN).CopyTo(file, 84 + 12);
        Assert.Contains("no place", Assert.Throws<BadInputException>(() => StlFile.Read(file, "a.stl")).Message, StringComparison.Ordinal);
        Assert.Contains("unit", Assert.Throws<BadInputException>(() => StlFile.Read(Stl(Tetrahedron), "a.stl", 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OBJ_and_PLY_hold_every_object_with_its_class_and_colour()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            SceneObject[] parts = [new(7, "late endosome", new Rgb(255, 0, 51), Tetrahedron), new(70000, "", new Rgb(1, 2, 3), Tetrahedron)];
            foreach (ISceneFile file in new ISceneFile[] { new ObjFile(Path.Combine(folder, "all.obj")), new PlyFile(Path.Combine(folder, "all.ply")) })
                using (file)
                {
                    foreach (SceneObject part in parts) file.Add(part);
                    file.Finish();
                }
            Assert.Equal(["all.mtl", "all.obj", "all.ply"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
            string[] obj = File.ReadAllLines(Path.Combine(folder, "all.obj"));
            Assert.Equal(["o label_7", "g late_endosome label_7", "usemtl late_endosome", "o label_70000", "g label_70000", "usemtl label_70000"], obj.Where(l => l[0] is 'o' or 'g' or 'u'));
            Assert.Equal("v 3 2 100.5", obj.First(l => l[0] == 'v'));
            int[] faces = [.. obj.Where(l => l[0] == 'f').SelectMany(l => l[2..].Split(' ')).Select(n => int.Parse(n, CultureInfo.InvariantCulture) - 1)];
            Assert.Equal([.. Tetrahedron.Triangles, .. Tetrahedron.Triangles.Select(i => i + 4)], faces);
            Assert.Contains("newmtl late_endosome", File.ReadAllText(Path.Combine(folder, "all.mtl")), StringComparison.Ordinal);
            Assert.Contains("Kd 1 0 0.2", File.ReadAllText(Path.Combine(folder, "all.mtl")), StringComparison.Ordinal);

            byte[] ply = File.ReadAllBytes(Path.Combine(folder, "all.ply"));
            string header = Encoding.ASCII.GetString(ply)[..(Encoding.ASCII.GetString(ply).IndexOf("end_header\n", StringComparison.Ordinal) + 11)];
            Assert.Contains("element vertex 000000000008\n", header, StringComparison.Ordinal);
            Assert.Contains("element face 000000000008\n", header, StringComparison.Ordinal);
            Assert.Equal(header.Length + 8 * 19 + 8 * 13, ply.Length);
            Assert.Equal(3f, BitConverter.ToSingle(ply, header.Length));
            Assert.Equal(70000, BitConverter.ToInt32(ply, header.Length + 4 * 19 + 15));
            Assert.Equal(Tetrahedron.Triangles[0] + 4, BitConverter.ToInt32(ply, header.Length + 8 * 19 + 4 * 13 + 1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Refused(string text, string says) =>
        Assert.Contains(says, Assert.Throws<BadInputException>(() => StlFile.Read(Encoding.ASCII.GetBytes(text), "t.stl")).Message, StringComparison.Ordinal);
}
